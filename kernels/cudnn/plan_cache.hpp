// What a library needs to know once per kind of call: kept for the next call of the kind, within a bound.
#pragma once

#include <cstddef>
#include <list>

namespace tern::cudnn {

// Plans are small, but a program with varying shapes must not grow: the least recently used one goes.
inline constexpr std::size_t kCachedPlans = 64;

/// This thread's plan with this key, made as Plan(key, handle) where there is none; plans belong to a thread
/// as handles do. Plan::key is compared. Valid until the thread asks for another plan of this type.
template <class Plan, class Key, class Handle>
const Plan& plan_of(const Key& key, Handle handle) {
    thread_local std::list<Plan> plans;  // most recently used first
    for (auto plan = plans.begin(); plan != plans.end(); ++plan) {
        if (plan->key != key) continue;
        plans.splice(plans.begin(), plans, plan);
        return plans.front();
    }
    plans.emplace_front(key, handle);
    if (plans.size() > kCachedPlans) plans.pop_back();
    return plans.front();
}

/// An owner of what a library's pair of functions makes and destroys.
template <class Descriptor, class Status>
class Owned {
  public:
    using Destroy = Status (*)(Descriptor);
    Owned(Descriptor descriptor, Destroy destroy) : descriptor_(descriptor), destroy_(destroy) {}
    ~Owned() { destroy_(descriptor_); }
    Owned(const Owned&) = delete;
    Owned& operator=(const Owned&) = delete;

    Descriptor get() const { return descriptor_; }

  private:
    Descriptor descriptor_;
    Destroy destroy_;
};

}  // namespace tern::cudnn
