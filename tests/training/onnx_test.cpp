// Files in ONNX's format, read by a few lines that know the wire format alone.
#include "tern/training/onnx/onnx.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <utility>

#include "tern/core/autograd.hpp"
#include "tern/core/create.hpp"
#include "tern/core/files/file.hpp"
#include "tern/kernels/avg_pool2d/avg_pool2d.hpp"
#include "tern/kernels/channel_moments/channel_moments.hpp"
#include "tern/kernels/dropout/dropout.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"
#include "tern/kernels/normalize/normalize.hpp"
#include "tern/kernels/softmax_cross_entropy/softmax_cross_entropy.hpp"
#include "tern/layers/batch_norm2d.hpp"
#include "tern/layers/conv2d.hpp"
#include "tern/layers/fold_batch_norms.hpp"
#include "tern/layers/initialize.hpp"
#include "tern/layers/linear.hpp"
#include "tern/layers/pool.hpp"
#include "tern/layers/quantized/quantize_model.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/layers/trained.hpp"
#include "tern/tests/temporary_folder.hpp"
#include "tern/training/onnx/layout.hpp"

using namespace tern;

namespace {

// The fields of a message by number: varints as numbers, all others as bytes.
struct Message {
    std::multimap<int, std::uint64_t> numbers;
    std::multimap<int, std::string> bytes;

    explicit Message(std::string_view text) {
        while (!text.empty()) {
            const std::uint64_t tag = varint(text);
            const int field = static_cast<int>(tag >> 3), type = static_cast<int>(tag & 7);
            if (type == 0) {
                numbers.emplace(field, varint(text));
                continue;
            }
            REQUIRE((type == 2 || type == 5));
            const std::size_t length = type == 5 ? 4 : varint(text);
            REQUIRE(length <= text.size());
            bytes.emplace(field, text.substr(0, length));
            text.remove_prefix(length);
        }
    }
    std::vector<std::string> all(int field) const {
        std::vector<std::string> result;
        const auto [begin, end] = bytes.equal_range(field);
        for (auto at = begin; at != end; ++at) result.push_back(at->second);
        return result;
    }
    std::string one(int field) const {
        const std::vector<std::string> values = all(field);
        REQUIRE(values.size() == 1);
        return values[0];
    }
    std::vector<std::int64_t> integers(int field) const {
        std::vector<std::int64_t> result;
        const auto [begin, end] = numbers.equal_range(field);
        for (auto at = begin; at != end; ++at) result.push_back(static_cast<std::int64_t>(at->second));
        return result;
    }

  private:
    static std::uint64_t varint(std::string_view& text) {
        std::uint64_t value = 0;
        for (int shift = 0;; shift += 7) {
            REQUIRE((!text.empty() && shift < 64));
            const auto byte = static_cast<unsigned char>(text[0]);
            text.remove_prefix(1);
            value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
            if (byte < 0x80) return value;
        }
    }
};

struct File {
    explicit File(const std::string& bytes) : model(bytes), graph(model.one(7)) {
        for (const std::string& text : graph.all(1)) {
            const Message node(text);
            std::string line = node.one(4) + '(';
            for (const std::string& input : node.all(1)) line += (line.back() == '(' ? "" : ", ") + input;
            nodes.push_back(line + ") -> " + node.one(2));
        }
        for (const std::string& text : graph.all(5)) {
            const Message tensor(text);
            initializers.emplace(tensor.one(8), tensor);
        }
    }
    Message model, graph;
    std::vector<std::string> nodes;
    std::map<std::string, Message> initializers;
};

// A user's own module, whose forward pass is a function of its layers.
struct Own : Module {
    using Body = Tensor (*)(Own& own, const Tensor& x);
    explicit Own(Body with) : body(with) {
        initialize(Initialization::pytorch, 1);
        test::pretend_trained(*this, 2);
    }
    std::string type() const override { return "Own"; }
    Features forward(Features x) override { return body(*this, x); }

    Body body;
    Conv2d& conv = add_child<Conv2d>("conv", 3, 4, {.kernel = 3, .stride = 2, .padding = kSame});
    Conv2d& point = add_child<Conv2d>("point", 4, 4, {.kernel = 1, .bias = false});
    BatchNorm2d& norm = add_child<BatchNorm2d>("norm", 4, BatchNorm2dOptions{1e-3, 0.1, Activation::relu});
    GlobalAveragePool& average = add_child<GlobalAveragePool>("average");
    Linear& head = add_child<Linear>("head", 4, 2);
};

File file_of(Own& own, const OnnxOptions& options = {}) { return File(onnx_of(own, {6, 5, 3}, options)); }

std::string why_not(Own::Body body) {
    Own own(body);
    try {
        onnx_of(own, {6, 5, 3});
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

Tensor network(Own& own, const Tensor& x) {
    const Tensor y = own.conv(x);
    return own.head(own.average(own.norm(own.point(y), Features(y)).value() + y));
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a file has nodes, weights by their names, and one transposition at the input") {
    Own own(network);
    const File file = file_of(own);
    CHECK(
        file.nodes ==
        Lines{
            "Transpose(input) -> conv/Transpose", "Conv(conv/Transpose, conv.weight, conv.bias) -> conv/Conv",
            "Conv(conv/Conv, point.weight) -> point/Conv",
            "BatchNormalization(point/Conv, norm.weight, norm.bias, norm.running_mean, norm.running_var) -> "
            "norm/BatchNormalization",
            "Add(norm/BatchNormalization, conv/Conv) -> norm/Add", "Relu(norm/Add) -> norm/Relu",
            "Add(norm/Relu, conv/Conv) -> Add", "GlobalAveragePool(Add) -> average/GlobalAveragePool",
            "Flatten(average/GlobalAveragePool) -> average/Flatten",
            "Gemm(average/Flatten, head.weight, head.bias) -> output"});
    CHECK(file.initializers.size() == 9);
    const Message& weight = file.initializers.at("point.weight");
    CHECK(weight.integers(1) == std::vector<std::int64_t>{4, 4, 1, 1});
    CHECK(weight.integers(2) == std::vector<std::int64_t>{1});  // float
    const Tensor elements = own.point.state()[0].tensor;
    REQUIRE(weight.one(9).size() == static_cast<std::size_t>(elements.bytes()));
    CHECK(std::memcmp(weight.one(9).data(), elements.raw_data(), weight.one(9).size()) == 0);
    CHECK(file.model.integers(1) == std::vector<std::int64_t>{8});  // version of the format
    CHECK(Message(file.model.one(8)).integers(2) == std::vector<std::int64_t>{17});
    CHECK(file.model.one(2) == "tern");
}

TEST_CASE("the padding of even strides is asymmetric, and stays so") {
    Own own([](Own& it, const Tensor& x) { return it.conv(x); });
    const std::string graph = File(onnx_of(own, {6, 5, 3}, {.channels_first = true})).graph.all(1)[0];
    std::map<std::string, std::vector<std::int64_t>> attributes;
    for (const std::string& text : Message(graph).all(5))
        attributes[Message(text).one(1)] = Message(text).integers(8);
    // rows: 6 by 2 are 3, of span 3: one more pixel, after; columns: 5 by 2 are 3: one on each side
    CHECK(attributes.at("pads") == std::vector<std::int64_t>{0, 1, 1, 1});
    CHECK(attributes.at("strides") == std::vector<std::int64_t>{2, 2});
}

TEST_CASE("an input with channels first needs no transposition, and its shape says how it lies") {
    Own own(network);
    const auto shape_of = [](const File& file, int field) {
        std::string text;
        const Message type(Message(file.graph.one(field)).one(2));
        for (const std::string& dimension : Message(Message(type.one(1)).one(2)).all(1)) {
            const Message one(dimension);
            text +=
                (text.empty() ? "" : " ") + (one.bytes.empty() ? to_text(one.integers(1).at(0)) : one.one(2));
        }
        return text;
    };
    const File own_layout = file_of(own), file = file_of(own, {.channels_first = true});
    CHECK(file.nodes[0] == "Conv(input, conv.weight, conv.bias) -> conv/Conv");
    CHECK(file.nodes.size() + 1 == own_layout.nodes.size());
    CHECK(shape_of(own_layout, 11) == "N 6 5 3");
    CHECK(shape_of(file, 11) == "N 3 6 5");
    CHECK(shape_of(file, 12) == "N 2");
}

TEST_CASE("what was folded is no node") {
    Own own([](Own& it, const Tensor& x) { return it.norm(it.conv(x)); });
    fold_batch_norms(own, {1, 6, 5, 3});
    CHECK(file_of(own, {.channels_first = true}).nodes ==
          Lines{"Conv(input, conv.weight, conv.bias) -> conv/Conv", "Relu(conv/Conv) -> norm/Relu",
                "Transpose(norm/Relu) -> output"});
}

TEST_CASE("a model in 8 bits is bytes between QuantizeLinear and DequantizeLinear") {
    const NoGrad no_grad;
    Own own([](Own& it, const Tensor& x) { return it.head(it.average(relu(it.conv(x)))); });
    const auto model = quantize_model(own, {randn({4, 6, 5, 3}, {1, RandomPurpose::user, 0})});
    const std::string bytes = onnx_of(*model, {6, 5, 3}, {.channels_first = true});
    const File file(bytes);
    CHECK(file.nodes ==
          Lines{"QuantizeLinear(input, number, number_1) -> QuantizeLinear",
                "DequantizeLinear(QuantizeLinear, number, number_1) -> DequantizeLinear",
                "DequantizeLinear(conv.weight, conv.weight_scale, numbers) -> conv/DequantizeLinear",
                "DequantizeLinear(conv.bias, conv.bias_scale) -> conv/DequantizeLinear_1",
                "Conv(DequantizeLinear, conv/DequantizeLinear, conv/DequantizeLinear_1) -> conv/Conv",
                "QuantizeLinear(conv/Conv, number_2, number_3) -> conv/QuantizeLinear",
                "DequantizeLinear(conv/QuantizeLinear, number_2, number_3) -> conv/DequantizeLinear_2",
                "GlobalAveragePool(conv/DequantizeLinear_2) -> average/GlobalAveragePool",
                "Flatten(average/GlobalAveragePool) -> average/Flatten",
                "QuantizeLinear(average/Flatten, number_4, number_3) -> average/QuantizeLinear",
                "DequantizeLinear(average/QuantizeLinear, number_4, number_3) -> average/DequantizeLinear",
                "DequantizeLinear(head.bias, head.bias_scale) -> head/DequantizeLinear",
                "DequantizeLinear(head.weight, head.weight_scale, numbers_1) -> head/DequantizeLinear_1",
                "Gemm(average/DequantizeLinear, head/DequantizeLinear_1, head/DequantizeLinear) -> output"});
    const NamedTensors state = model->state();
    for (const auto& [name, type] : {std::pair("conv.weight", 3), std::pair("conv.bias", 6),
                                     std::pair("head.weight", 3), std::pair("conv.weight_scale", 1)}) {
        const Message& written = file.initializers.at(name);
        const Tensor& held = std::ranges::find(state, name, &NamedTensor::name)->tensor;
        CHECK(written.integers(1) == std::vector<std::int64_t>(held.shape().begin(), held.shape().end()));
        CHECK(written.integers(2) == std::vector<std::int64_t>{type});
        REQUIRE(written.one(9).size() == static_cast<std::size_t>(held.bytes()));
        CHECK(std::memcmp(written.one(9).data(), held.raw_data(), written.one(9).size()) == 0);
    }
    CHECK(file.initializers.at("numbers").integers(1) ==
          std::vector<std::int64_t>{4});  // a zero for each scale
    CHECK(file.initializers.at("number_1").integers(2) == std::vector<std::int64_t>{2});  // uint8
    CHECK(onnx_of(*model, {6, 5, 3}, {.channels_first = true}) == bytes);
    CHECK_THROWS_WITH(onnx_of(*model, {5, 6, 3}),
                      "[onnx] samples of a model in 8 bits are those it was made of, (6,5,3), got (5,6,3)");
}

TEST_CASE("a file says what it is told, and equal models give equal bytes") {
    Own own(network), other(network);
    const OnnxOptions options{.metadata = {{"model", "own"}, {"a", ""}}};
    const std::string bytes = onnx_of(own, {6, 5, 3}, options);
    CHECK(bytes == onnx_of(other, {6, 5, 3}, options));
    std::map<std::string, std::string> metadata;
    for (const std::string& text : File(bytes).model.all(14))
        metadata.emplace(Message(text).one(1), Message(text).one(2));
    CHECK(metadata == options.metadata);
    const test::TemporaryFolder folder;
    save_onnx(folder / "own.onnx", own, {6, 5, 3}, options);
    CHECK(test::read_text(folder / "own.onnx") == bytes);
}

TEST_CASE("an output that is the input, or one weight that is read twice") {
    Own same([](Own&, const Tensor& x) { return x; });
    CHECK(file_of(same).nodes == Lines{"Identity(input) -> output"});
    Own twice([](Own& own, const Tensor& x) { return own.point(own.point(own.conv(x))); });
    const File file = file_of(twice, {.channels_first = true});
    CHECK(file.nodes[1] == "Conv(conv/Conv, point.weight) -> point/Conv");
    CHECK(file.nodes[2] == "Conv(point/Conv, point.weight) -> point/Conv_1");
    CHECK(file.initializers.size() == 3);
}

TEST_CASE("what ONNX has no counterpart of is refused by name, and nothing is written") {
    CHECK(why_not([](Own& own, const Tensor& x) {
              return dropout(own.conv(x), 0.5, {1, RandomPurpose::user, 0});
          }) == "[onnx] dropout (forward) has no translation into ONNX");
    CHECK(why_not([](Own&, const Tensor& x) {
              return softmax_cross_entropy(x.reshape({-1, 90}), Tensor::from<std::int32_t>({1}, {0}));
          }) != "");
    CHECK(why_not([](Own&, const Tensor& x) { return avg_pool2d(x, Window2d::square(2, 1, 0, 2)); }) ==
          "[onnx] avg_pool2d has a dilation, which AveragePool has from operator set 19 on; 17 is written");
    CHECK(why_not([](Own&, const Tensor& x) {
              return x.reshape({x.dim(0), 1, -1}) + x.reshape({1, x.dim(0), -1});
          }) == "");
    CHECK(why_not([](Own&, const Tensor& x) {
              return (x.reshape({x.dim(0), 1, -1}) + x.reshape({1, x.dim(0), -1}))
                  .reshape({x.dim(0), x.dim(0), 2, 45});
          }) ==
          "[onnx] view gives a shape of which two extents follow the number of samples; ONNX can be told of "
          "one");
    const test::TemporaryFolder folder;
    Own own([](Own&, const Tensor& x) { return x.clone(); });
    CHECK_THROWS_WITH(save_onnx(folder / "own.onnx", own, {6, 5, 3}), Catch::StartsWith("[trace] "));
    CHECK_FALSE(std::filesystem::exists(folder / "own.onnx"));
    Own fine(network);
    CHECK_THROWS_AS(save_onnx(folder / "none" / "own.onnx", fine, {6, 5, 3}), Error);
}

TEST_CASE("orders of dimensions") {
    using onnx::Order;
    CHECK(onnx::channels_first(4) == Order{0, 3, 1, 2});
    CHECK(onnx::channels_first(2) == Order{0, 1});
    CHECK(onnx::inverse({0, 3, 1, 2}) == Order{0, 2, 3, 1});
    CHECK(onnx::position_of(3, {0, 3, 1, 2}) == 1);
    CHECK(onnx::without({0, 3, 1, 2}, 0b0010) == Order{0, 2, 1});
    CHECK(onnx::without({0, 3, 1, 2}, 0b1111).empty());
}
