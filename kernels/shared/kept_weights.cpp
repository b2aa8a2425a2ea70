#include "tern/kernels/shared/kept_weights.hpp"

#include <algorithm>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "tern/core/shape.hpp"

namespace tern {
namespace {

thread_local KeptWeights* active = nullptr;

struct Source {
    const std::byte* data;
    Shape shape;
    std::uint32_t version;

    friend bool operator==(const Source&, const Source&) = default;
};

std::vector<Source> sources(std::initializer_list<Tensor> of) {
    std::vector<Source> result;
    for (const Tensor& tensor : of)
        result.push_back(tensor ? Source{tensor.raw_data(), tensor.shape(), tensor.storage()->version()}
                                : Source{nullptr, {}, 0});
    return result;
}

struct Entry {
    const void* kind;
    std::int64_t key;
    std::vector<Source> sources;
    std::shared_ptr<const void> made;
};

// Of one tensor.
struct Place {
    std::mutex mutex;
    std::vector<Entry> entries;
};

}  // namespace

struct KeptWeights::State {
    NamedTensors held;  // so that no other tensor gets their memory
    std::unordered_map<const std::byte*, Place> places;
};

KeptWeights::KeptWeights(const NamedTensors& weights) : state_(std::make_unique<State>()) {
    state_->held = weights;
    for (const auto& [name, tensor] : weights)
        if (tensor.device().is_cpu() && tensor.numel() > 0) state_->places.try_emplace(tensor.raw_data());
}
KeptWeights::~KeptWeights() = default;

KeptWeights::Scope::Scope(KeptWeights& weights) : previous_(active) { active = &weights; }
KeptWeights::Scope::~Scope() { active = previous_; }

bool KeptWeights::keeps(std::initializer_list<Tensor> of) {
    return active != nullptr && std::ranges::all_of(of, [](const Tensor& tensor) {
               return !tensor || active->state_->places.contains(tensor.raw_data());
           });
}

std::shared_ptr<const void> KeptWeights::find_or_make(
    std::initializer_list<Tensor> of, const void* kind, std::int64_t key,
    const std::function<std::shared_ptr<const void>()>& make) {
    Place& place = active->state_->places.at(of.begin()->raw_data());
    std::vector<Source> now = sources(of);
    const auto found = [&] {
        return std::ranges::find_if(place.entries, [&](const Entry& entry) {
            return entry.kind == kind && entry.key == key && entry.sources[0].shape == now[0].shape;
        });
    };
    {
        const std::lock_guard lock(place.mutex);
        if (const auto entry = found(); entry != place.entries.end() && entry->sources == now)
            return entry->made;
    }
    // Without the lock, as it may work on several threads, of which others may wait here: two may make the same.
    std::shared_ptr<const void> made = make();
    const std::lock_guard lock(place.mutex);
    if (const auto entry = found(); entry != place.entries.end())
        *entry = {kind, key, std::move(now), made};
    else
        place.entries.push_back({kind, key, std::move(now), made});
    return made;
}

}  // namespace tern
