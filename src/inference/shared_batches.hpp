// Patches of several threads in one batch.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <span>
#include <vector>

namespace braggd {

/// What a batch is made of: patches in it, floats of a patch, floats of its answer; how many batches run at once.
struct BatchShape {
  std::size_t patches = 0, floats = 0, outputs = 0;
  std::size_t at_once = 1;
};

/// Lets callers share batches of one padded shape, for a device to which a full batch costs little more than a nearly empty
/// one. Nobody waits for companions: a caller that finds the device free runs at once with what waits already, in the order
/// in which it came, and those who come meanwhile share the next batch. So a patch waits for at most as many batches as
/// there are patches before it, and the busier the device, the fuller its batches. Thread-safe.
class SharedBatches {
 public:
  /// Runs a whole batch: `input` patches x floats, of which those without a patch are zero; `answers` patches x outputs.
  using Run = std::function<void(std::span<float> input, std::span<float> answers)>;

  SharedBatches(const BatchShape& shape, Run run);
  ~SharedBatches();
  SharedBatches(const SharedBatches&) = delete;
  SharedBatches& operator=(const SharedBatches&) = delete;

  /// input: any number x floats; answers: as many x outputs. Throws what a batch that held some of them threw.
  void run(std::span<const float> input, std::span<float> answers);

 private:
  struct Request;
  struct Share;
  struct Lane;

  void take_next(std::vector<Share>& shares);
  void run_batch(Lane& lane) const;

  const BatchShape shape_;
  const Run run_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Request*> waiting_;  // with patches that no batch has taken, in the order in which they came
  std::vector<Lane*> free_;
  std::vector<Lane> lanes_;
};

}  // namespace braggd
