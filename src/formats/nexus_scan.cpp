#include "formats/nexus_scan.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "core/text.hpp"
#include "formats/dataset_search.hpp"
#include "formats/frame_dataset.hpp"
#include "formats/nexus_metadata.hpp"

namespace braggd {

using hdf5::call;

namespace {

constexpr std::size_t max_links = 100000;

// A run of frames in one dataset, or in a file that is gone.
struct Part {
  std::string path;
  std::optional<FrameDataset> data;
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  std::string gone;  ///< the file that should be there
};

class NexusScan final : public ScanReader {
 public:
  NexusScan(hdf5::Handle file, std::vector<Part> parts, std::shared_ptr<const ScanHeader> header)
      : file_(std::move(file)), parts_(std::move(parts)), header_(std::move(header)) {}

  std::shared_ptr<const ScanHeader> header() const override { return header_; }

  Result<Frame> read(std::uint64_t index) override {
    const auto part = std::ranges::find_if(parts_, [&](const Part& p) { return index - p.first < p.count; });
    if (part == parts_.end()) {
      return FrameError{DropReason::decode_error, "frame " + std::to_string(index) + " is not in the scan"};
    }
    if (!part->data) return FrameError{DropReason::decode_error, "its file is not there: " + part->gone};
    auto stored = part->data->read(index - part->first);
    if (!stored) return stored.error();
    Frame frame;
    frame.meta.index = frame.meta.frame_number = index;
    frame.meta.omega_deg = header_->omega_of(index);
    frame.meta.wire_bytes = static_cast<std::uint32_t>(stored.value().bytes.size());
    frame.shape = header_->shape;
    frame.pixel_type = header_->pixel_type;
    frame.encoding = stored.value().encoding;
    frame.bytes = std::move(stored.value().bytes);
    return frame;
  }

 private:
  hdf5::Handle file_;
  std::vector<Part> parts_;
  std::shared_ptr<const ScanHeader> header_;
};

bool is_data_link(std::string_view name) {
  constexpr std::string_view prefix = "data_";
  return name.starts_with(prefix) && name.size() > prefix.size() &&
         name.find_first_not_of("0123456789", prefix.size()) == std::string_view::npos;
}

bool is_group(const hdf5::Handle& file, const std::string& path) {
  if (!hdf5::exists(file, path)) return false;
  const auto object = hdf5::open_object(file, path);
  return call("kind", [&] { return H5Iget_type(object.id()); }) == H5I_GROUP;
}

std::vector<std::string> data_links(const hdf5::Handle& file, const std::string& path) {
  if (!is_group(file, path)) return {};
  auto names = hdf5::link_names(hdf5::open_object(file, path), max_links);
  std::erase_if(names, [](const std::string& name) { return !is_data_link(name); });
  for (std::string& name : names) name = path + "/" + name;
  return names;
}

// The paths of the datasets that make up the scan, in order.
std::vector<std::string> choose_datasets(const hdf5::Handle& file, const std::string& wanted) {
  if (!wanted.empty()) {
    auto links = data_links(file, wanted);
    if (!links.empty()) return links;
    if (hdf5::exists(file, wanted) && !is_group(file, wanted)) return {wanted};
    throw InputError("there is no dataset " + wanted + "; it has " +
                     list_datasets(find_numeric_datasets(file)));
  }
  for (const char* group : {"/entry/data", "/entry"}) {  // DECTRIS 1.6 and before it
    auto links = data_links(file, group);
    if (!links.empty()) return links;
  }
  for (const char* path : {"/entry/data/data", "/exchange/data", "/entry/instrument/detector/data"}) {
    if (hdf5::exists(file, path)) return {path};
  }
  const auto all = find_numeric_datasets(file);
  for (const std::size_t rank : {3U, 2U}) {
    auto frames = all;
    std::erase_if(frames, [&](const FoundDataset& found) {
      return found.extent.size() != rank || found.path.ends_with("mask");
    });
    if (frames.size() == 1) return {frames[0].path};
    if (frames.size() > 1) {
      throw InputError("several datasets could be the frames; choose one with --dataset: " +
                       list_datasets(frames));
    }
  }
  throw InputError("it holds no dataset of (n, rows, cols)" + (all.empty()
                                                                   ? std::string(", nor any numbers at all")
                                                                   : "; it has " + list_datasets(all)));
}

// The file that a link wants, for the message that it is gone.
std::string link_target(const hdf5::Handle& file, const std::string& path) {
  const hdf5::Guard guard;
  H5L_info_t link{};
  if (H5Lget_info(file.id(), path.c_str(), &link, H5P_DEFAULT) < 0 || link.type != H5L_TYPE_EXTERNAL ||
      link.u.val_size > 65536) {
    return path;
  }
  std::vector<char> value(link.u.val_size);
  const char* target = nullptr;
  if (H5Lget_val(file.id(), path.c_str(), value.data(), value.size(), H5P_DEFAULT) < 0 ||
      H5Lunpack_elink_val(value.data(), value.size(), nullptr, &target, nullptr) < 0) {
    return path;
  }
  return printable(target, 1024);
}

std::vector<Part> open_parts(const hdf5::Handle& file, const std::vector<std::string>& paths) {
  std::vector<Part> parts;
  for (const std::string& path : paths) {
    Part& part = parts.emplace_back();
    part.path = path;
    if (hdf5::exists(file, path)) {
      part.data.emplace(hdf5::open_object(file, path), path);
      part.count = part.data->frames();
    } else {
      part.gone = link_target(file, path);
    }
  }
  return parts;
}

// Data files hold equal numbers of frames but for the last, so those of a file that is gone follow from the
// number that was announced. Refuses the scan where they do not.
void count_gone_frames(std::vector<Part>& parts, std::optional<std::uint64_t> announced) {
  const auto whole = std::ranges::find_if(parts, [](const Part& part) { return part.data.has_value(); });
  const auto gone = std::ranges::find_if(parts, [](const Part& part) { return !part.data; });
  if (gone == parts.end()) return;
  if (whole == parts.end() || !announced || whole + 1 == parts.end() || whole->count == 0) {
    throw InputError("the file " + gone->gone +
                     " that it links to is not there, and how many frames it held is not known");
  }
  std::uint64_t first = 0;
  for (Part& part : parts) {
    if (!part.data) part.count = std::min(whole->count, *announced - std::min(*announced, first));
    first += part.count;
  }
}

void number_parts(std::vector<Part>& parts, ScanHeader& header) {
  const auto model = std::ranges::find_if(parts, [](const Part& part) { return part.data.has_value(); });
  header.shape = model->data->shape();
  header.pixel_type = model->data->pixel_type();
  for (Part& part : parts) {
    if (part.data && (part.data->shape() != header.shape || part.data->pixel_type() != header.pixel_type)) {
      throw InputError(part.path + " and " + model->path + " differ in shape or pixel type");
    }
    part.first = header.expected_frames;
    if (part.count > (std::uint64_t{1} << 40))
      throw InputError(part.path + " claims an absurd number of frames");
    header.expected_frames += part.count;
  }
}

std::string id_from(const std::filesystem::path& path) {
  std::string id = path.stem().string();
  constexpr std::string_view master = "_master";
  if (id.size() > master.size() && id.ends_with(master)) id.resize(id.size() - master.size());
  return id;
}

}  // namespace

std::unique_ptr<ScanReader> open_nexus_scan(const std::filesystem::path& path, const std::string& dataset) {
  try {
    hdf5::Handle file = hdf5::open_file(path);
    auto parts = open_parts(file, choose_datasets(file, dataset));
    count_gone_frames(parts, announced_frames(file));
    auto header = std::make_shared<ScanHeader>();
    header->scan_id = id_from(path);
    number_parts(parts, *header);
    read_nexus_metadata(file, *header);
    return std::make_unique<NexusScan>(std::move(file), std::move(parts), std::move(header));
  } catch (const hdf5::Error& error) {
    throw InputError(path.string() + ": " + error.what());
  } catch (const InputError& error) {
    throw InputError(path.string() + ": " + error.what());
  }
}

}  // namespace braggd
