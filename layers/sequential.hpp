// Layers in a row.
#pragma once

#include "tern/layers/module.hpp"

namespace tern {

/// Each child takes what the one before gave; nobody else calls it.
///
///     tern::Sequential net;
///     net.append<tern::Conv2d>(3, 16, {.kernel = 3, .padding = 1});  // "0"
///     net.append<tern::BatchNorm2d>(16);                             // "1"
///     net.initialize(tern::Initialization::pytorch, /*seed=*/0);
class Sequential : public Module {
  public:
    std::string type() const override { return "Sequential"; }
    /// Makes a layer at the end, named by its number from 0.
    template <class M, class... Args>
    M& append(Args&&... args) {
        return add_child<M>(next_name(), std::forward<Args>(args)...);
    }
    /// The same where the last argument is options in braces.
    template <class M>
    M& append(const typename M::Options& options) {
        return add_child<M>(next_name(), options);
    }
    template <class M>
    M& append(std::int64_t channels, const typename M::Options& options) {
        return add_child<M>(next_name(), channels, options);
    }
    template <class M>
    M& append(std::int64_t in, std::int64_t out, const typename M::Options& options) {
        return add_child<M>(next_name(), in, out, options);
    }
    /// With a name of its own.
    using Module::add_child;

  protected:
    Features forward(Features input) override;

  private:
    std::string next_name() const { return std::to_string(child_count()); }
};

}  // namespace tern
