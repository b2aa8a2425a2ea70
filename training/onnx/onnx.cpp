#include "tern/training/onnx/onnx.hpp"

#include <span>

#include "tern/core/error.hpp"
#include "tern/core/files/output.hpp"
#include "tern/layers/quantized/quantized_graph.hpp"
#include "tern/layers/trace/trace.hpp"
#include "tern/training/onnx/translation.hpp"

namespace tern {

std::string onnx_of(const Graph& graph, const OnnxOptions& options) {
    const int rank = graph.value(graph.input).rank();
    const bool turns = options.channels_first && rank >= 2;
    onnx::Translation translation(graph, turns ? onnx::channels_first(rank) : onnx::own_order(rank));
    translation.run();
    return translation.bytes(options.metadata);
}

std::string onnx_of(Module& model, const Shape& sample, const OnnxOptions& options) {
    const auto* const in_8_bits = dynamic_cast<const QuantizedModel*>(&model);
    if (in_8_bits == nullptr) return onnx_of(trace(model, sample), options);
    const Graph& graph = in_8_bits->graph();
    const Shape own(graph.value(graph.input).shape(1).extents().subspan(1));
    TERN_CHECK(sample == own, "onnx", "samples of a model in 8 bits are those it was made of, ", own,
               ", got ", sample);
    return onnx_of(quantized_graph(*in_8_bits), options);
}

void save_onnx(const std::filesystem::path& path, Module& model, const Shape& sample,
               const OnnxOptions& options) {
    const std::string bytes = onnx_of(model, sample, options);
    write_output(path, std::as_bytes(std::span(bytes)));
}

}  // namespace tern
