// Models in the format of ONNX (onnx/onnx.proto), as far as they are written here.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tern/core/files/protobuf.hpp"
#include "tern/core/tensor.hpp"

namespace tern::onnx {

/// Of the operations: the version in which they mean what is written, and that of the format which goes with it.
inline constexpr int kOpset = 17, kIrVersion = 8;

/// Numbers of element types (TensorProto.DataType).
int type_number(DType dtype);
inline constexpr int kBool = 9;

/// The attributes of a node, by their names.
class Attributes {
  public:
    Attributes& integer(std::string_view name, std::int64_t value);
    Attributes& number(std::string_view name, double value);
    Attributes& integers(std::string_view name, const std::vector<std::int64_t>& values);

  private:
    friend class OnnxFile;
    std::vector<ProtobufMessage> messages_;
};

struct OnnxNode {
    std::string name, operation;               // "entry.conv1/Conv", "Conv"
    std::vector<std::string> inputs, outputs;  // "": an optional one that is left out
    Attributes attributes;
};

/// An extent is a number, or stands for the number of samples.
struct OnnxValue {
    std::string name;
    DType dtype;
    std::vector<std::string> extents;  // "N", "32"
};

/// One graph with what a file says about it.
class OnnxFile {
  public:
    void add_initializer(const std::string& name, const Tensor& tensor, const Shape& shape);
    void add_node(OnnxNode node) { nodes_.push_back(std::move(node)); }
    /// Every use of a name becomes one of the other.
    void rename(const std::string& from, const std::string& to);
    const std::vector<OnnxNode>& nodes() const { return nodes_; }

    /// Throws Error beyond the 2^31 - 1 bytes that a message of protocol buffers may have.
    std::string bytes(const OnnxValue& input, const OnnxValue& output,
                      const std::map<std::string, std::string>& metadata) const;

  private:
    std::vector<ProtobufMessage> initializers_;
    std::vector<OnnxNode> nodes_;
};

}  // namespace tern::onnx
