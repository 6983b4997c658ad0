#include "sinks/reorder_store.hpp"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <unistd.h>
#include <utility>

#include <braggd/error.hpp>

#include "formats/output_directory.hpp"

namespace braggd {

namespace {

constexpr std::size_t max_spare_nodes = 256;
constexpr std::uint64_t max_spare_bytes = std::uint64_t{64} << 20;

[[noreturn]] void fail(const char* what, const std::filesystem::path& directory, int error) {
  throw OutputError("results that wait for earlier frames " + std::string(what) + " " + directory.string() +
                    ": " + errno_text(error));
}

}  // namespace

ReorderStore::ReorderStore(std::filesystem::path directory, std::uint64_t memory_limit_bytes)
    : directory_(std::move(directory)), memory_limit_bytes_(memory_limit_bytes) {}

ReorderStore::~ReorderStore() {
  if (file_ >= 0) ::close(file_);
}

ReorderStore::Records::node_type ReorderStore::spare_node() {
  if (spare_nodes_.empty()) {
    Records one;
    return one.extract(one.try_emplace(0).first);
  }
  auto node = std::move(spare_nodes_.back());
  spare_nodes_.pop_back();
  spare_bytes_ -= node.mapped().bytes.capacity();
  return node;
}

void ReorderStore::keep_spare(Records::node_type node) {
  if (!node || spare_nodes_.size() == max_spare_nodes) return;
  if (spare_bytes_ + node.mapped().bytes.capacity() > max_spare_bytes) node.mapped().bytes = {};
  spare_bytes_ += node.mapped().bytes.capacity();
  spare_nodes_.push_back(std::move(node));
}

bool ReorderStore::put(std::uint64_t index, std::span<const std::byte> bytes) {
  if (records_.contains(index)) return false;
  auto node = spare_node();
  node.key() = index;
  Record& record = node.mapped();
  record.size = bytes.size();
  record.on_disk = bytes_in_memory_ + record.size > memory_limit_bytes_;
  if (record.on_disk) {
    spill(record, bytes);
  } else {
    record.bytes.assign(bytes.begin(), bytes.end());
    bytes_in_memory_ += record.size;
  }
  records_.insert(std::move(node));
  return true;
}

std::optional<std::span<const std::byte>> ReorderStore::take(std::uint64_t index) {
  keep_spare(std::move(taken_));
  taken_ = records_.extract(index);
  if (!taken_) return std::nullopt;
  Record& record = taken_.mapped();
  if (!record.on_disk) {
    bytes_in_memory_ -= record.size;
    return record.bytes;
  }
  record.bytes.resize(record.size);
  for (std::uint64_t done = 0; done < record.size;) {
    const ssize_t got = ::pread(file_, record.bytes.data() + done, record.size - done,
                                static_cast<off_t>(record.offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) fail("cannot be read back from", directory_, got < 0 ? errno : EIO);
    done += static_cast<std::uint64_t>(got);
  }
  bytes_on_disk_ -= record.size;
  if (bytes_on_disk_ == 0) forget_file_content();
  return record.bytes;
}

void ReorderStore::spill(Record& record, std::span<const std::byte> bytes) {
  if (file_ < 0) open_file();
  require_room(directory_, record.size);
  for (std::uint64_t done = 0; done < record.size;) {
    const ssize_t put =
        ::pwrite(file_, bytes.data() + done, record.size - done, static_cast<off_t>(file_end_ + done));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) fail("cannot be put down in", directory_, put < 0 ? errno : EIO);
    done += static_cast<std::uint64_t>(put);
  }
  record.offset = file_end_;
  record.bytes = {};
  file_end_ += record.size;
  bytes_on_disk_ += record.size;
}

void ReorderStore::open_file() {
  file_ = ::open(directory_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file_ >= 0) return;
  std::string name = (directory_ / ".braggd-reorder-XXXXXX").string();  // a file system without O_TMPFILE
  file_ = ::mkostemp(name.data(), O_CLOEXEC);
  if (file_ < 0) fail("cannot be put down in", directory_, errno);
  ::unlink(name.c_str());
}

void ReorderStore::forget_file_content() {
  file_end_ = 0;
  // Only gives the room back early; the next record is written over the old ones in any case.
  if (::ftruncate(file_, 0) != 0) errno = 0;
}

}  // namespace braggd
