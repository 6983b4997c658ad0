// Objects that come back with their memory when the last holder lets go.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace braggd {

/// Hands out Ts of which the last holder's release returns all memory: the object with the capacity of its vectors, and
/// the shared_ptr's control block, which lies beside it. Once as many objects exist as are held at the same time, nothing
/// is allocated any more. `empty(T&)`, found beside T, lets go of what a returning object refers to and must not throw.
///
/// Thread-safe without locks. Keeps at most `places` idle objects, never more than were held at once; they go with the
/// recycler, those still held with their last holder.
template <class T>
class Recycler {
  struct Slot;
  struct Store;

 public:
  static constexpr std::size_t places = 128;

  /// An object that only the caller sees. It goes back unless it is shared.
  class Object {
   public:
    T& operator*() const { return slot_->value; }
    std::shared_ptr<const T> share() && {
      Slot* slot = slot_.release();
      const Home<T> home{slot, slot_.get_deleter().store};
      return std::shared_ptr<const T>(
          &slot->value, [](T* value) { empty(*value); }, home);
    }

   private:
    friend Recycler;
    struct GiveBack {
      std::shared_ptr<Store> store;
      void operator()(Slot* slot) const {
        empty(slot->value);
        store->give(slot);
      }
    };
    Object(Slot* slot, const std::shared_ptr<Store>& store) : slot_(slot, GiveBack{store}) {}
    std::unique_ptr<Slot, GiveBack> slot_;
  };

  Object take() { return {store_->take(), store_}; }

  std::shared_ptr<const T> share(T value) {
    Object object = take();
    *object = std::move(value);
    return std::move(object).share();
  }

  /// Objects that wait to be taken.
  std::size_t idle() const { return store_->idle(); }

 private:
  struct Slot {
    T value{};
    alignas(std::max_align_t) std::array<std::byte, 96> control_block;
  };

  // A place holds an idle object or null; whoever exchanges it for the other owns it.
  struct Store {
    Store() = default;
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;
    ~Store() {
      for (auto& place : idle_slots) delete place.load(std::memory_order_relaxed);
    }
    Slot* take() {
      for (auto& place : idle_slots) {
        if (place.load(std::memory_order_relaxed) == nullptr) continue;
        if (Slot* slot = place.exchange(nullptr, std::memory_order_acquire)) return slot;
      }
      return new Slot;
    }
    void give(Slot* slot) {
      for (auto& place : idle_slots) {
        Slot* none = nullptr;
        if (place.load(std::memory_order_relaxed) == nullptr &&
            place.compare_exchange_strong(none, slot, std::memory_order_release, std::memory_order_relaxed))
          return;
      }
      delete slot;
    }
    std::size_t idle() const {
      std::size_t count = 0;
      for (const auto& place : idle_slots)
        count += place.load(std::memory_order_relaxed) != nullptr ? 1U : 0U;
      return count;
    }
    std::array<std::atomic<Slot*>, places> idle_slots{};
  };

  // Puts the control block beside the object; when that is done with, so is the slot.
  template <class U>
  struct Home {
    using value_type = U;
    Slot* slot;
    std::shared_ptr<Store> store;

    Home(Slot* s, std::shared_ptr<Store> owner) : slot(s), store(std::move(owner)) {}
    template <class V>
    Home(const Home<V>& other)
        : slot(other.slot), store(other.store) {}  // NOLINT(google-explicit-constructor)

    U* allocate(std::size_t /*one*/) {
      static_assert(sizeof(U) <= sizeof slot->control_block && alignof(U) <= alignof(std::max_align_t));
      return reinterpret_cast<U*>(slot->control_block.data());
    }
    void deallocate(U* /*block*/, std::size_t /*one*/) { store->give(slot); }
    template <class V>
    friend bool operator==(const Home& a, const Home<V>& b) {
      return a.slot == b.slot;
    }
  };

  std::shared_ptr<Store> store_ = std::make_shared<Store>();
};

}  // namespace braggd
