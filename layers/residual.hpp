// A shortcut round a part of a network (He et al.: "Deep residual learning", CVPR 2016).
#pragma once

#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"
#include "tern/layers/sequential.hpp"

namespace tern {

/// x -> x + body(x); the body keeps the shape. Child: `body`. A block that ends in a batch norm is cheaper
/// with the batch norm's own residual argument.
class Residual : public Module {
  public:
    std::string type() const override { return "Residual"; }
    Sequential& body() { return body_; }

  protected:
    Features forward(Features input) override {
        const Tensor x = input;
        return add(x, body_(std::move(input)));
    }

  private:
    Sequential& body_ = add_child<Sequential>("body");
};

}  // namespace tern
