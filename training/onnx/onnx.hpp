// Models for programs that read ONNX.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "tern/core/shape.hpp"

namespace tern {

class Module;
struct Graph;

struct OnnxOptions {
    /// The input is (N, C, H, W), or (N, C, ...), as many programs have images; else (N, H, W, C), as tern has them.
    bool channels_first = false;
    /// What the file says about itself, by keys.
    std::map<std::string, std::string> metadata = {};
};

/// A file (onnx.ai, operator set 17) of what the model computes in evaluation mode for inputs (N, ...) of any number N of samples of
/// the shape `sample`: `input`, of the model's own type, as the model gets it, pixels scaled and shifted already, and `output`. Weights
/// bear their dotted names. The model is as before afterwards. A QuantizedModel keeps its weights in 8 bits, and QuantizeLinear and
/// DequantizeLinear are where its values are bytes.
///
/// Throws Error as trace() does, for another `sample` than that of a QuantizedModel, for an operation that has no counterpart in ONNX, and for a file of 2^31 bytes or more. docs/onnx.md
/// has the operations.
std::string onnx_of(Module& model, const Shape& sample, const OnnxOptions& options = {});
/// The same of a graph.
std::string onnx_of(const Graph& graph, const OnnxOptions& options = {});
/// Writes it as write_output() does. Nothing is written where there is an Error.
void save_onnx(const std::filesystem::path& path, Module& model, const Shape& sample,
               const OnnxOptions& options = {});

}  // namespace tern
