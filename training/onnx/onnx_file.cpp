#include "tern/training/onnx/onnx_file.hpp"

#include <algorithm>
#include <charconv>
#include <climits>

#include "tern/core/error.hpp"
#include "tern/version.hpp"

namespace tern::onnx {
namespace {

// Numbers of fields, by the names that onnx.proto gives them.
namespace model {
constexpr int kIrVersion = 1, kProducer = 2, kProducerVersion = 3, kGraph = 7, kOpsets = 8, kMetadata = 14;
}
namespace opset {
constexpr int kVersion = 2;
}
namespace property {
constexpr int kKey = 1, kValue = 2;
}
namespace graph {
constexpr int kNode = 1, kName = 2, kInitializer = 5, kInput = 11, kOutput = 12;
}
namespace node {
constexpr int kInput = 1, kOutput = 2, kName = 3, kOperation = 4, kAttribute = 5;
}
namespace attribute {
constexpr int kName = 1, kFloat = 2, kInt = 3, kInts = 8, kType = 20;
constexpr int kIsFloat = 1, kIsInt = 2, kIsInts = 7;
}  // namespace attribute
namespace tensor {
constexpr int kExtent = 1, kType = 2, kName = 8, kBytes = 9;
}
namespace value {
constexpr int kName = 1, kType = 2, kTensor = 1, kElements = 1, kShape = 2, kExtent = 1, kNumber = 1,
              kSymbol = 2;
}

ProtobufMessage begin_attribute(std::string_view name, int type) {
    return ProtobufMessage().add_bytes(attribute::kName, name).add_integer(attribute::kType, type);
}

ProtobufMessage message_of(const OnnxValue& described) {
    ProtobufMessage shape;
    for (const std::string& extent : described.extents) {
        std::int64_t number = 0;
        const bool is_number =
            std::from_chars(extent.data(), extent.data() + extent.size(), number).ec == std::errc();
        shape.add(value::kExtent, is_number ? ProtobufMessage().add_integer(value::kNumber, number)
                                            : ProtobufMessage().add_bytes(value::kSymbol, extent));
    }
    const auto type = ProtobufMessage()
                          .add_integer(value::kElements, type_number(described.dtype))
                          .add(value::kShape, shape);
    return ProtobufMessage()
        .add_bytes(value::kName, described.name)
        .add(value::kType, ProtobufMessage().add(value::kTensor, type));
}

}  // namespace

int type_number(DType dtype) {
    switch (dtype) {
        case DType::float32:
            return 1;
        case DType::uint8:
            return 2;
        case DType::int8:
            return 3;
        case DType::int32:
            return 6;
        case DType::int64:
            return 7;
        case DType::float16:
            return 10;
        case DType::float64:
            return 11;
        case DType::bfloat16:
            return 16;
    }
    fail("onnx", "no number for ", dtype);
}

Attributes& Attributes::integer(std::string_view name, std::int64_t value) {
    messages_.push_back(begin_attribute(name, attribute::kIsInt).add_integer(attribute::kInt, value));
    return *this;
}

Attributes& Attributes::number(std::string_view name, double value) {
    messages_.push_back(
        begin_attribute(name, attribute::kIsFloat).add_float(attribute::kFloat, static_cast<float>(value)));
    return *this;
}

Attributes& Attributes::integers(std::string_view name, const std::vector<std::int64_t>& values) {
    ProtobufMessage message = begin_attribute(name, attribute::kIsInts);
    for (const std::int64_t value : values) message.add_integer(attribute::kInts, value);
    messages_.push_back(std::move(message));
    return *this;
}

// Elements lie as on this machine, which is little-endian as ONNX is.
void OnnxFile::add_initializer(const std::string& name, const Tensor& tensor, const Shape& shape) {
    TERN_ASSERT(shape.numel() == tensor.numel() && tensor.device().is_cpu());
    ProtobufMessage message;
    for (const std::int64_t extent : shape) message.add_integer(tensor::kExtent, extent);
    message.add_integer(tensor::kType, type_number(tensor.dtype())).add_bytes(tensor::kName, name);
    const auto* const elements = reinterpret_cast<const char*>(tensor.raw_data());
    message.add_bytes(tensor::kBytes, {elements, static_cast<std::size_t>(tensor.bytes())});
    initializers_.push_back(std::move(message));
}

void OnnxFile::rename(const std::string& from, const std::string& to) {
    for (OnnxNode& one : nodes_) {
        std::ranges::replace(one.inputs, from, to);
        std::ranges::replace(one.outputs, from, to);
    }
}

std::string OnnxFile::bytes(const OnnxValue& input, const OnnxValue& output,
                            const std::map<std::string, std::string>& metadata) const {
    ProtobufMessage all;
    for (const OnnxNode& one : nodes_) {
        ProtobufMessage message;
        for (const std::string& name : one.inputs) message.add_bytes(node::kInput, name);
        for (const std::string& name : one.outputs) message.add_bytes(node::kOutput, name);
        message.add_bytes(node::kName, one.name).add_bytes(node::kOperation, one.operation);
        for (const ProtobufMessage& attribute : one.attributes.messages_)
            message.add(node::kAttribute, attribute);
        all.add(graph::kNode, message);
    }
    all.add_bytes(graph::kName, "tern");
    for (const ProtobufMessage& initializer : initializers_) all.add(graph::kInitializer, initializer);
    all.add(graph::kInput, message_of(input)).add(graph::kOutput, message_of(output));

    ProtobufMessage file;
    file.add_integer(model::kIrVersion, kIrVersion)
        .add_bytes(model::kProducer, "tern")
        .add_bytes(model::kProducerVersion, kVersion)
        .add(model::kGraph, all)
        .add(model::kOpsets, ProtobufMessage().add_integer(opset::kVersion, kOpset));
    for (const auto& [key, text] : metadata)
        file.add(model::kMetadata,
                 ProtobufMessage().add_bytes(property::kKey, key).add_bytes(property::kValue, text));
    TERN_CHECK(file.bytes().size() <= INT_MAX, "onnx",
               "a model has at most 2^31 - 1 bytes, this one would have ", file.bytes().size());
    return file.bytes();
}

}  // namespace tern::onnx
