#include "formats/dataset_search.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "core/text.hpp"

namespace braggd {

using hdf5::call;
using hdf5::own;

namespace {

constexpr std::size_t max_objects = 10000;
constexpr std::size_t max_depth = 16;

class Search {
 public:
  void visit(const hdf5::Handle& group, const std::string& path, std::size_t depth) {
    if (depth > max_depth) return;
    for (const std::string& name : hdf5::link_names(group, max_objects)) {
      if (visited_.size() >= max_objects) return;
      try {
        visit_link(group, path + "/" + name, name, depth);
      } catch (const hdf5::Error&) {  // a damaged object hides nothing but itself
      }
    }
  }

  std::vector<FoundDataset> found;

 private:
  void visit_link(const hdf5::Handle& group, const std::string& path, const std::string& name,
                  std::size_t depth) {
    H5L_info_t link{};
    call("link", [&] { return H5Lget_info(group.id(), name.c_str(), &link, H5P_DEFAULT); });
    if (link.type != H5L_TYPE_HARD || !visited_.insert(link.u.address).second) return;
    const hdf5::Handle object = hdf5::open_object(group, name);
    const H5I_type_t kind = call("kind", [&] { return H5Iget_type(object.id()); });
    if (kind == H5I_GROUP) visit(object, path, depth + 1);
    if (kind == H5I_DATASET && is_numeric(object)) found.push_back({path, hdf5::extent_of(object)});
  }

  static bool is_numeric(const hdf5::Handle& dataset) {
    const hdf5::Handle type = own("type", [&] { return H5Dget_type(dataset.id()); });
    const H5T_class_t kind = call("type", [&] { return H5Tget_class(type.id()); });
    return kind == H5T_INTEGER || kind == H5T_FLOAT || kind == H5T_ENUM;
  }

  std::set<haddr_t> visited_;
};

}  // namespace

std::vector<FoundDataset> find_numeric_datasets(const hdf5::Handle& file) {
  Search search;
  search.visit(hdf5::open_object(file, "/"), "", 0);
  std::ranges::sort(search.found, {}, &FoundDataset::path);
  return std::move(search.found);
}

std::string list_datasets(const std::vector<FoundDataset>& found) {
  constexpr std::size_t shown = 12;
  std::string text;
  for (std::size_t i = 0; i < std::min(found.size(), shown); ++i) {
    text += (i == 0 ? "" : ", ") + printable(found[i].path, 200) + " (";
    for (std::size_t k = 0; k < found[i].extent.size(); ++k) {
      text += (k == 0 ? "" : ", ") + std::to_string(found[i].extent[k]);
    }
    text += ")";
  }
  if (found.size() > shown) text += " and " + std::to_string(found.size() - shown) + " more";
  return text;
}

}  // namespace braggd
