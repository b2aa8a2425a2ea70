// Layers in a row.
#pragma once

#include "tern/layers/module.hpp"

namespace tern {

/// Each child takes what the one before gave; nobody else calls it.
///
///     tern::Sequential net;
///     net.append<tern::Conv2d>(3, 16, tern::SlidingWindow::same(3));  // "0"
///     net.append<tern::BatchNorm2d>(16);                              // "1"
///     net.initialize(tern::Initialization::pytorch, /*seed=*/0);
class Sequential : public Module {
  public:
    std::string type() const override { return "Sequential"; }
    /// Makes a layer at the end, named by its number from 0.
    template <class M, class... Args>
    M& append(Args&&... args) {
        return add_child<M>(std::to_string(child_count()), std::forward<Args>(args)...);
    }
    /// The same with a name of its own.
    using Module::add_child;

  protected:
    Features forward(Features input) override;
};

}  // namespace tern
