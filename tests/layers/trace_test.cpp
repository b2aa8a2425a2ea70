// The graph of a model is what the model computes, or there is none.
#include "tern/layers/trace/trace.hpp"

#include <cstring>
#include <utility>

#include "tern/core/autograd.hpp"
#include "tern/core/fill.hpp"
#include "tern/kernels/accumulate/accumulate.hpp"
#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/concat/concat.hpp"
#include "tern/kernels/conv2d/conv2d_passes.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary_passes.hpp"
#include "tern/kernels/elementwise_unary/elementwise_unary.hpp"
#include "tern/kernels/normalize/normalize_passes.hpp"
#include "tern/kernels/permute/permute.hpp"
#include "tern/kernels/reduce/reduce.hpp"
#include "tern/layers/batch_norm2d.hpp"
#include "tern/layers/conv2d.hpp"
#include "tern/layers/dropout.hpp"
#include "tern/layers/flatten.hpp"
#include "tern/layers/initialize.hpp"
#include "tern/layers/layer_norm.hpp"
#include "tern/layers/separable_conv2d.hpp"
#include "tern/layers/trace/run_graph.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/layers/trained.hpp"

using namespace tern;

namespace {

// A user's own module, whose forward pass is a function of its layers.
struct Own : Module {
    using Body = Tensor (*)(Own& own, const Tensor& x);
    explicit Own(Body with) : body(with) {
        add_buffer("buffer", buffer);
        initialize(Initialization::pytorch, 1);
        test::pretend_trained(*this, 2);
    }
    std::string type() const override { return "Own"; }
    Features forward(Features x) override { return body(*this, x); }

    Body body;
    Tensor buffer = Tensor::full({3}, 2);
    Conv2d& conv = add_child<Conv2d>("conv", 3, 3, {.kernel = 3, .stride = 2, .padding = kSame});
    Conv2d& same = add_child<Conv2d>("same", 3, 3, {.kernel = 3, .padding = kSame});
    Conv2d& point = add_child<Conv2d>("point", 3, 4, {.kernel = 1});
    BatchNorm2d& norm = add_child<BatchNorm2d>("norm", 3, BatchNorm2dOptions{1e-3, 0.1, Activation::relu});
    SeparableConv2d& separable =
        add_child<SeparableConv2d>("separable", 3, 3, {.kernel = 3, .padding = kSame});
    LayerNorm& rows = add_child<LayerNorm>("rows", 3);
    Dropout& dropout = add_child<Dropout>("dropout", 0.5, 0);
    Flatten& flatten = add_child<Flatten>("flatten");
};

const Shape kSample{6, 5, 3};

Graph graph_of(Own::Body body) {
    Own own(body);
    return trace(own, kSample);
}

std::string why_not(Own::Body body) {
    try {
        graph_of(body);
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

std::vector<std::string> operations(const Graph& graph) {
    std::vector<std::string> result;
    for (const Node& node : graph.nodes) result.push_back(place_of(node));
    return result;
}

std::string text(const Extents& extents) {
    std::string result;
    for (const Extent& extent : extents)
        result += to_text(result.empty() ? "" : " ", extent.count, extent.per_sample ? "N" : "");
    return result;
}

// The graph gives the bits of the model, whose layers run one by one, for another number of samples than it was made with.
void check_equal(Own::Body body) {
    Own own(body);
    const Graph graph = trace(own, kSample);
    CHECK(own.training());
    own.eval();
    for (const std::int64_t samples : {1, 3}) {
        const Tensor x = cases::make_tensor({{samples, 6, 5, 3}}, DType::float32, 4);
        const NoGrad no_grad;
        const ForwardObserver unfused([](const Module&, const Tensor&, const Tensor&) {});
        const Tensor wanted = own(x), got = run_graph(graph, x).at(static_cast<std::size_t>(graph.output));
        REQUIRE(got.shape() == wanted.shape());
        REQUIRE(got.dtype() == wanted.dtype());
        CHECK(std::memcmp(got.raw_data(), wanted.raw_data(), static_cast<std::size_t>(wanted.bytes())) == 0);
        CHECK(wanted.numel() > 0);
    }
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a graph has what a module does itself, with names, parameters and extents") {
    const Graph graph = graph_of([](Own& own, const Tensor& x) { return own.norm(own.same(x)) + x; });
    REQUIRE(operations(graph) == Names{"conv2d in same", "normalize in norm", "elementwise_binary"});
    const auto conv = graph.nodes[0].as<conv2d_passes::Forward>();
    const auto norm = graph.nodes[1].as<normalize_passes::Forward>();
    const auto sum = graph.nodes[2].as<elementwise_binary_passes::Forward>();
    CHECK(conv.params.window == Window2d::square(3, 1, 1));
    CHECK(conv.in.x == graph.input);
    CHECK(graph.value(conv.in.w).name == "same.weight");
    CHECK(graph.value(conv.in.bias).name == "same.bias");
    CHECK(graph.value(conv.in.w).constant.shape() == Shape{3, 3, 3, 3});
    CHECK(norm.in.x == conv.out.y);
    CHECK(graph.value(norm.in.variance).name == "norm.running_var");
    CHECK(norm.in.residual == kNoValue);
    CHECK(norm.params.epsilon == 1e-3);
    CHECK(norm.params.activation == Activation::relu);
    CHECK(sum.params.kind == BinaryKind::add);
    CHECK(sum.in.a == norm.out.y);
    CHECK(sum.in.b == graph.input);
    CHECK(sum.out.y == graph.output);
    CHECK(text(graph.value(graph.input).extents) == "1N 6 5 3");
    CHECK(text(graph.value(conv.out.y).extents) == "1N 6 5 3");
    CHECK(graph.values.size() == 10);  // the input, six weights and statistics, three results
}

TEST_CASE(
    "a residual inside a batch norm is an input of the node, and a module that runs twice is two nodes") {
    const Graph graph = graph_of(
        [](Own& own, const Tensor& x) { return own.norm(own.same(own.same(x)), Features(x)).value(); });
    REQUIRE(operations(graph) == Names{"conv2d in same", "conv2d in same", "normalize in norm"});
    CHECK(graph.nodes[2].as<normalize_passes::Forward>().in.residual == graph.input);
    const auto first = graph.nodes[0].as<conv2d_passes::Forward>(),
               second = graph.nodes[1].as<conv2d_passes::Forward>();
    CHECK(second.in.x == first.out.y);
    CHECK(second.in.w == first.in.w);
}

TEST_CASE("what nothing depends on is left out, as are layers that give on what they get") {
    const Graph graph = graph_of([](Own& own, const Tensor& x) {
        own.conv(x);
        return own.dropout(own.same(x));
    });
    CHECK(operations(graph) == Names{"conv2d in same"});
    CHECK(operations(graph_of([](Own&, const Tensor& x) { return x; })).empty());
}

TEST_CASE("a graph gives the bits of the model for any number of samples") {
    check_equal([](Own&, const Tensor& x) { return x; });
    check_equal([](Own& own, const Tensor& x) { return own.norm(own.same(x)) + x; });
    check_equal([](Own& own, const Tensor& x) { return own.separable(own.norm(x)) * own.buffer; });
    check_equal([](Own& own, const Tensor& x) { return own.point(own.conv(x)) / 3.0 - 1.0; });
    check_equal([](Own& own, const Tensor& x) { return own.flatten(own.rows(x)); });
    check_equal([](Own&, const Tensor& x) {
        return concat({x, permute(x, {0, 2, 1, 3}).reshape(x.shape())}, -1);
    });
    check_equal([](Own&, const Tensor& x) { return x.slice(0, 1) + x; });
    check_equal([](Own&, const Tensor& x) { return x.reshape({-1, 3}).reshape({x.dim(0), 5, 18}) * 2.0; });
    check_equal([](Own&, const Tensor& x) {  // rows of a dimension that is not that of the samples
        const Tensor channels = permute(x, {3, 0, 1, 2});
        return channels.slice(0, 1).reshape({x.dim(0), 6, 5}) -
               channels.slice(2, 3).reshape({x.dim(0), 6, 5});
    });
    check_equal([](Own& own, const Tensor& x) { return x + own.buffer.slice(1, 2); });
}

TEST_CASE("parts of parameters have names that say so") {
    const Graph graph =
        graph_of([](Own& own, const Tensor& x) { return x * own.buffer.slice(1, 3).slice(1, 2); });
    const auto product = graph.nodes.at(0).as<elementwise_binary_passes::Forward>();
    CHECK(graph.value(product.in.b).name == "buffer[2:3]");
}

TEST_CASE("what is computed past the operations is refused, and no constant") {
    CHECK(why_not([](Own&, const Tensor& x) {
              Tensor copy = Tensor::empty(x.shape().with(0, 1));
              copy.copy_from(x.slice(0, 1));
              return x + copy;
          }) ==
          "[trace] what elementwise_binary reads as b (float32 (1,6,5,3) on cpu) comes from no operation "
          "that was seen, and is "
          "not the same for every input: it is computed past the operations");
    CHECK(why_not([](Own& own, const Tensor& x) { return own.conv(x.clone()); }) ==
          "[trace] what conv2d in conv reads as x is float32 (2,6,5,3) on cpu for 2 samples and float32 "
          "(5,6,5,3) on cpu for 5: a "
          "constant must be the same for any number of samples");
    CHECK(why_not([](Own& own, const Tensor& x) { return own.conv(x).clone(); }) ==
          "[trace] the output (float32 (2,3,3,3) on cpu) comes from no operation that was seen: it is "
          "computed past the operations");
    CHECK(why_not([](Own&, const Tensor& x) {
              return x * mean(x).item();
          }).find("computed past the operations") != std::string::npos);
}

TEST_CASE("what depends on the number of samples or on the input by other ways than operations is refused") {
    CHECK(why_not([](Own&, const Tensor& x) {
              return x + Tensor::zeros(x.shape());
          }).find("must be the same for any number") != std::string::npos);
    CHECK(why_not([](Own&, const Tensor& x) {
              return x * (1.0 / static_cast<double>(x.dim(0)));
          }).find("is not the same for every input") != std::string::npos);
    CHECK(why_not([](Own&, const Tensor& x) { return scale_shift(x, mean(x).item(), 0); }) ==
          "[trace] the parameters of elementwise_unary are not the same for every input: they differ for 2 "
          "samples and 5 others");
    CHECK(why_not([](Own&, const Tensor& x) { return x.slice(0, x.dim(0) / 2) * 2.0; }) ==
          "[trace] the parameters of view are not the same for every input: they differ for 2 samples and 5 "
          "others");
    CHECK(why_not([](Own&, const Tensor& x) {
              return concat({x, x.slice(0, 1)}, 0);
          }).find("the parameters of concat") != std::string::npos);
    CHECK(why_not([](Own& own, const Tensor& x) { return x.dim(0) > 4 ? own.same(x) : own.norm(x); }) ==
          "[trace] the model does not run the same operations for every input: for 2 samples normalize in "
          "norm, for 5 others "
          "conv2d in same with other inputs or in its place");
    CHECK(why_not([](Own& own, const Tensor& x) { return own.same(x.dim(0) > 4 ? own.same(x) : x); }) ==
          "[trace] the model does not run the same operations for every input: 1 for 2 samples, 2 for 5 "
          "others");
    CHECK(why_not([](Own&, const Tensor& x) {
              return x.reshape({x.dim(0) * x.dim(0), -1}) * 2.0;
          })
              .find("[trace] the extents that view gives must be the same for any number N of samples, or N "
                    "times as many: ") == 0);
}

TEST_CASE("what is changed in place is refused") {
    CHECK(why_not([](Own& own, const Tensor& x) {
              const Tensor y = own.same(x);
              accumulate(y, x);
              return y * 2.0;
          }).find("changed in place afterwards") != std::string::npos);
    CHECK(why_not([](Own& own, const Tensor& x) {
              const Tensor y = own.same(x);
              fill(y, 1);
              return y * 2.0;
          }) ==
          "[trace] what conv2d in same gives (float32 (2,6,5,3) on cpu) is changed in place afterwards, "
          "which no graph has");
    CHECK(why_not([](Own&, const Tensor& x) {
              const Tensor number = Tensor::full({}, 1), one = x * number;
              fill(number, 2);
              return one * number;
          }).find("what elementwise_binary reads (float32 () on cpu) is changed in place afterwards") !=
          std::string::npos);
    CHECK(why_not([](Own& own, const Tensor& x) {
              fill(x, 1);
              return own.same(x);
          }) == "[trace] the model changes its input in place");
    CHECK(why_not([](Own& own, const Tensor& x) {
              fill(own.buffer, own.buffer.slice(0, 1).item() + 1);
              return x * own.buffer;
          }) == "[trace] the model changes buffer each time it runs, which no graph has");
    CHECK(why_not([](Own& own, const Tensor& x) {
              const Tensor y = own.same(x);
              return y.reshape({-1}).slice(3, 18).reshape({15}) * 2.0;
          }).find("which are no rows of its leading dimension") != std::string::npos);
}

TEST_CASE("a graph runs on what it was made for alone") {
    const Graph graph = graph_of([](Own& own, const Tensor& x) { return own.same(x); });
    CHECK_THROWS_WITH(run_graph(graph, Tensor::zeros({2, 6, 5, 4})),
                      "[graph] the input must be float32 (2,6,5,3), got float32 (2,6,5,4) on cpu");
    CHECK_THROWS_WITH(run_graph(graph, Tensor::zeros({2, 6, 5, 3}, DType::float64)),
                      "[graph] the input must be float32 (2,6,5,3), got float64 (2,6,5,3) on cpu");
}
