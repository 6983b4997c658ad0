#include "formats/ge_file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace braggd {

namespace {

constexpr std::uint64_t header_bytes = 8192;
constexpr Shape panel{2048, 2048};
constexpr std::uint64_t frame_bytes = panel.pixels() * bytes_per_pixel(PixelType::u16);

std::string reason(int error) {
  return std::generic_category().message(error);
}

class FileDescriptor {
 public:
  /// Does not block: a pipe is refused later, by its type, instead of waited for.
  explicit FileDescriptor(const std::filesystem::path& path)
      : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    if (fd_ < 0) throw InputError(path.string() + " cannot be opened: " + reason(errno));
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() { ::close(fd_); }

  /// Of a regular file; of anything else nothing.
  std::optional<std::uint64_t> size() const {
    struct stat status {};
    if (::fstat(fd_, &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
    return static_cast<std::uint64_t>(status.st_size);
  }

  /// Fills `bytes` from `offset` on; what went wrong, or nothing.
  std::string read(std::span<std::byte> bytes, std::uint64_t offset) const {
    while (!bytes.empty()) {
      const ssize_t n = ::pread(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return reason(errno);
      if (n == 0) return "the file has become shorter";
      bytes = bytes.subspan(static_cast<std::size_t>(n));
      offset += static_cast<std::uint64_t>(n);
    }
    return {};
  }

 private:
  int fd_;
};

std::uint64_t count_frames(const std::filesystem::path& path, std::optional<std::uint64_t> file_bytes) {
  if (!file_bytes) throw InputError(path.string() + " is no regular file; a GE scan is one");
  if (*file_bytes == 0) throw InputError(path.string() + " is empty");
  const std::string layout = "a GE file has a header of " + std::to_string(header_bytes) +
                             " bytes and frames of " + std::to_string(frame_bytes) + " (2048 x 2048 u16)";
  if (*file_bytes < header_bytes + frame_bytes) {
    throw InputError(path.string() + " holds no whole frame: it has " + std::to_string(*file_bytes) +
                     " bytes, but " + layout);
  }
  const std::uint64_t rest = (*file_bytes - header_bytes) % frame_bytes;
  const std::uint64_t frames = (*file_bytes - header_bytes) / frame_bytes;
  if (rest != 0) {
    throw InputError(path.string() + " ends within a frame: behind " + std::to_string(frames) +
                     " frames it has " + std::to_string(rest) + " bytes more, but " + layout);
  }
  return frames;
}

class GeFile : public ScanReader {
 public:
  explicit GeFile(const std::filesystem::path& path) : path_(path), file_(path) {
    auto header = std::make_shared<ScanHeader>();
    header->scan_id = path.stem().string();
    header->shape = panel;
    header->pixel_type = PixelType::u16;
    header->expected_frames = count_frames(path, file_.size());
    header_ = std::move(header);
  }

  std::shared_ptr<const ScanHeader> header() const override { return header_; }

  Result<Frame> read(std::uint64_t index) override {
    if (index >= header_->expected_frames) {
      return FrameError{DropReason::missing, path_.string() + " has no frame " + std::to_string(index)};
    }
    std::vector<std::byte> pixels(frame_bytes);
    if (const std::string error = file_.read(pixels, header_bytes + index * frame_bytes); !error.empty()) {
      return FrameError{DropReason::decode_error,
                        path_.string() + ": frame " + std::to_string(index) + " cannot be read: " + error};
    }
    Frame frame;
    frame.meta.index = index;
    frame.meta.frame_number = index;
    frame.meta.wire_bytes = static_cast<std::uint32_t>(frame_bytes);
    frame.shape = panel;
    frame.pixel_type = PixelType::u16;
    frame.bytes = Bytes::own(std::move(pixels));
    return frame;
  }

 private:
  std::filesystem::path path_;
  FileDescriptor file_;
  std::shared_ptr<const ScanHeader> header_;
};

}  // namespace

std::unique_ptr<ScanReader> open_ge_file(const std::filesystem::path& path) {
  return std::make_unique<GeFile>(path);
}

}  // namespace braggd
