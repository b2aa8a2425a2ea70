// The networks and their batches, from names, as README.md beside this file says.
#pragma once

#include <memory>
#include <string>

#include "tern/layers/module.hpp"
#include "tern/tests/golden/golden_file.hpp"
#include "tern/training/optimizer.hpp"

namespace tern::test {

/// Those that are compared in all ways.
inline constexpr const char* kNetworks[] = {"mini_xception", "mini_xception_dense"};
/// Those of which there are four steps of SGD; the larger ones take half a minute.
inline constexpr const char* kSmallNetworks[] = {"lenet5", "mlp"};
inline constexpr const char* kLargerNetworks[] = {"resnet20", "wrn_16_1", "mobilenet_v2", "tiniest"};

/// In training mode.
std::unique_ptr<Module> golden_network(const std::string& name, DType dtype);

struct GoldenBatch {
    Tensor images;  // (size, 32, 32, 3), as the network wants its inputs
    Tensor labels;
};
/// Samples `size * step` onwards.
GoldenBatch golden_batch(const std::string& network, std::int64_t size, std::int64_t step, DType dtype);

struct GoldenStep {
    Tensor logits;
    double loss = 0;
    NamedTensors gradients;  // in the order of the parameters
};
/// Forward and backward pass. The gradients are the parameters' own: they live as long as these.
GoldenStep forward_and_backward(Module& network, const GoldenBatch& batch);

/// "sgd" or "adam" with the settings of the files.
OptimizerSettings golden_optimizer(const std::string& network, const std::string& optimizer);

/// The losses of the first `steps` steps.
std::vector<double> train(Module& network, const std::string& name, const std::string& optimizer,
                          std::int64_t batch_size, std::size_t steps);

/// The tensor of that name; fails the test case if there is none.
Tensor named_tensor(const NamedTensors& tensors, const std::string& name);

/// |a - b| / |b|, in float64, of two tensors of one shape and any floating types.
double relative_distance(const Tensor& a, const Tensor& b);
double norm_of(const Tensor& tensor);
/// A flat list of numbers as a float64 tensor.
Tensor listed(const Json& numbers, const Shape& shape);

}  // namespace tern::test
