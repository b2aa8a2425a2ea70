// What operations make of weights before they use them, kept from call to call.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <utility>

#include "tern/core/memory/step_arena.hpp"
#include "tern/core/named_tensor.hpp"

namespace tern {

/// Weights packed for products, or transformed, for those who run a model again and again: 3 % of the time of one
/// image of mini_xception in float32, 7 % in 8 bits. Changes are noticed where storages count them, by
/// operations, copy_from() and mark_changed(). Threads may share one.
class KeptWeights {
  public:
    /// Of these tensors and no others; they are held, and what is made of them too, while this lives.
    explicit KeptWeights(const NamedTensors& weights);
    ~KeptWeights();
    KeptWeights(const KeptWeights&) = delete;
    KeptWeights& operator=(const KeptWeights&) = delete;

    /// While it lives, operations that this thread runs keep what they make there.
    class Scope {
      public:
        explicit Scope(KeptWeights& weights);
        ~Scope();
        Scope(const Scope&) = delete;
        Scope& operator=(const Scope&) = delete;

      private:
        KeptWeights* previous_;
    };

    /// The T that make() returns, or did for the same tensors, unchanged since, and the same `key`, which stands for
    /// all else that the T follows from. `make` is a lambda: one in another place is another kind.
    template <class F>
    static auto get(std::initializer_list<Tensor> of, std::int64_t key, F make) {
        using T = decltype(make());
        static char kind = 0;
        const auto made = [&] { return std::make_shared<const T>(make()); };
        if (!keeps(of)) return made();
        return std::static_pointer_cast<const T>(
            find_or_make(of, &kind, key, [&]() -> std::shared_ptr<const void> {
                const StepArena::Outside outside;
                return made();
            }));
    }

  private:
    struct State;

    static bool keeps(std::initializer_list<Tensor> of);
    static std::shared_ptr<const void> find_or_make(std::initializer_list<Tensor> of, const void* kind,
                                                    std::int64_t key,
                                                    const std::function<std::shared_ptr<const void>()>& make);

    std::unique_ptr<State> state_;
};

}  // namespace tern
