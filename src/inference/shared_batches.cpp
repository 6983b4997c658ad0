#include "inference/shared_batches.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace braggd {

/// A caller's patches. It lives on the caller's stack, who leaves only when all are done.
struct SharedBatches::Request {
  std::span<const float> input;
  std::span<float> answers;
  std::size_t patches = 0;
  std::size_t taken = 0, done = 0;  ///< of them
  std::exception_ptr failure;
};

/// The part of a request that is in a batch.
struct SharedBatches::Share {
  Request* request;
  std::size_t first, count;
};

/// The memory of a batch that runs; taken at the start, so that nothing can fail while callers wait for one another.
struct SharedBatches::Lane {
  std::vector<float> input, answers;
  std::vector<Share> shares;
};

SharedBatches::SharedBatches(const BatchShape& shape, Run run) : shape_(shape), run_(std::move(run)) {
  lanes_.resize(shape_.at_once);
  for (Lane& lane : lanes_) {
    lane.input.resize(shape_.patches * shape_.floats);
    lane.answers.resize(shape_.patches * shape_.outputs);
    lane.shares.reserve(shape_.patches);
    free_.push_back(&lane);
  }
}

SharedBatches::~SharedBatches() = default;

void SharedBatches::run(std::span<const float> input, std::span<float> answers) {
  Request request{.input = input, .answers = answers, .patches = input.size() / shape_.floats, .failure = {}};
  if (input.size() != request.patches * shape_.floats || answers.size() != request.patches * shape_.outputs)
    throw std::invalid_argument("patches and answers of a batch differ in number");
  if (request.patches == 0) return;
  std::unique_lock lock(mutex_);
  waiting_.push_back(&request);
  while (request.done < request.patches) {
    // Who waits in front of this caller is awake, too, or has been served.
    if (request.taken == request.patches || free_.empty()) {
      changed_.wait(lock);
      continue;
    }
    Lane& lane = *free_.back();
    free_.pop_back();
    take_next(lane.shares);
    lock.unlock();
    std::exception_ptr failure;
    try {
      run_batch(lane);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    for (const Share& share : lane.shares) {
      share.request->done += share.count;
      if (failure) share.request->failure = failure;
    }
    free_.push_back(&lane);
    changed_.notify_all();
  }
  if (request.failure) std::rethrow_exception(request.failure);
}

void SharedBatches::take_next(std::vector<Share>& shares) {
  shares.clear();
  for (std::size_t left = shape_.patches; left > 0 && !waiting_.empty();) {
    Request& first = *waiting_.front();
    const std::size_t count = std::min(left, first.patches - first.taken);
    shares.push_back({&first, first.taken, count});
    first.taken += count;
    left -= count;
    if (first.taken == first.patches) waiting_.pop_front();
  }
}

void SharedBatches::run_batch(Lane& lane) const {
  auto in = lane.input.begin();
  for (const auto& [request, first, count] : lane.shares)
    in = std::ranges::copy(request->input.subspan(first * shape_.floats, count * shape_.floats), in).out;
  std::fill(in, lane.input.end(), 0.0F);
  run_(lane.input, lane.answers);
  auto out = std::span<const float>(lane.answers);
  for (const auto& [request, first, count] : lane.shares) {
    const std::size_t floats = count * shape_.outputs;
    std::ranges::copy(out.first(floats), request->answers.subspan(first * shape_.outputs).begin());
    out = out.subspan(floats);
  }
}

}  // namespace braggd
