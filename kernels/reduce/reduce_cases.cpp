#include "tern/kernels/reduce/reduce.hpp"

#include <array>

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/reduce/reduce_passes.hpp"

namespace tern::cases {
namespace {

using namespace reduce_passes;

struct Shapes {
    Shape result;
    std::int64_t count = 1;  // elements per result
};

Shapes reduced(const Shape& shape, std::uint32_t axes) {
    std::vector<std::int64_t> extents;
    std::int64_t count = 1;
    for (int d = 0; d < shape.rank(); ++d) {
        if (axes >> d & 1)
            count *= shape[d];
        else
            extents.push_back(shape[d]);
    }
    return {Shape(extents), count};
}

constexpr std::array<const char*, 4> kKindNames{"sum", "mean", "max", "min"};  // in the order of Reduction

// All kinds, both passes. `axes` is a bit mask.
std::vector<PassCase> passes(const std::string& name, const Shape& shape, std::uint32_t axes,
                             bool benchmark = false) {
    const auto [result, count] = reduced(shape, axes);
    const TensorSpec x{shape}, y{result}, none{{}, 0, 0, {}, false};
    const TensorSpec ones{shape, 1, 1}, one{result, 1, 1};  // everything ties: shared by all
    std::vector<PassCase> all;
    for (const Reduction kind : {Reduction::sum, Reduction::mean, Reduction::max, Reduction::min}) {
        const bool extreme = kind == Reduction::max || kind == Reduction::min;
        if (kind != Reduction::sum && count == 0) continue;
        const ReduceParams params{kind, axes};
        const std::string case_name = name + ", " + kKindNames[static_cast<std::size_t>(kind)];
        all.push_back(case_of<Forward>(case_name, params, {.x = x}, {.y = y},
                                       {.y = extreme ? Bound::exact() : Bound::products(count)},
                                       {.benchmark = benchmark}));
        all.push_back(case_of<Backward>(
            case_name, params, {.x = extreme ? ones : none, .y = extreme ? one : none, .dy = y}, {.dx = x},
            {.dx = kind == Reduction::sum ? Bound::exact() : Bound::relative(2)}, {.benchmark = benchmark}));
    }
    return all;
}

void append(std::vector<PassCase>& all, std::vector<PassCase> more) {
    for (PassCase& one : more) all.push_back(std::move(one));
}

// Random values tie with probability 0, and no two of these lie within a step of the differences.
GradientCase gradient(std::string name, Tensor (*function)(const Tensor&, const std::vector<int>&, bool)) {
    return {std::move(name), {{{3, 4, 5}}}, [function](const Tensors& in) {
                return Tensors{function(in[0], {0, 2}, false), function(in[0], {1}, true),
                               function(in[0], {-1, 0, 1}, false)};
            }};
}

}  // namespace

OpCases reduce_cases() {
    OpCases result;
    append(result.passes, passes("scalar", {}, 0));
    append(result.passes, passes("nothing to sum", {3, 0, 2}, 0b010));
    append(result.passes, passes("no results", {0, 3}, 0b10));
    append(result.passes, passes("no axes", {3, 5}, 0));
    append(result.passes, passes("all", {7, 5, 3}, 0b111));
    append(result.passes, passes("columns", {130, 37}, 0b01));
    append(result.passes, passes("rows", {37, 130}, 0b10));
    append(result.passes, passes("middle", {3, 65, 17}, 0b010));
    append(result.passes, passes("around", {4, 6, 5}, 0b101));
    append(result.passes, passes("extent 1 between", {4, 1, 5}, 0b101));
    append(result.passes, passes("several blocks of a row", {2, 70001}, 0b10));
    append(result.passes, passes("several blocks of columns", {37, 2051}, 0b01));
    append(result.passes, passes("several blocks of rows", {2, 300, 301}, 0b010));
    append(result.passes, passes("bias gradient", {65536, 64}, 0b01, true));
    append(result.passes, passes("all of a batch", {64, 32, 32, 64}, 0b1111, true));
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        const Shape shape{draw(1, 6), draw(1, 40), draw(1, 7), draw(1, 40)};
        return passes("random", shape, static_cast<std::uint32_t>(draw(0, 15)));
    };
    result.gradients = {gradient("sum", sum),
                        gradient("mean", mean),
                        gradient("max", max),
                        gradient("min", min),
                        {"sum_to",
                         {{{2, 3, 4}}},
                         [](const Tensors& in) {
                             return Tensors{sum_to(in[0], {4}), sum_to(in[0], {3, 1}), sum_to(in[0], {})};
                         }},
                        {"variance", {{{2, 3, 4}}}, [](const Tensors& in) {
                             return Tensors{variance(in[0], {0, -1}), variance(in[0], {1}, true, 0)};
                         }}};
    result.errors = {
        {"variance of integers", [] { variance(Tensor::zeros({3}, DType::int32), {0}); },
         "[variance] the input must be of a floating-point type, got int32"},
        {"variance along no axis", [] { variance(Tensor::zeros({3}), {1}); },
         "[variance] axis 1 of shape (3)"},
        {"variance of one",
         [] {
             variance(Tensor::zeros({2, 1}), {1});
         },
         "[variance] more than 1 elements are needed, got 1 (input (2,1))"},
        {"axis",
         [] {
             sum(Tensor::zeros({2, 3}), {2});
         },
         "[sum] axis 2 of shape (2,3)"},
        {"axis below",
         [] {
             mean(Tensor::zeros({2, 3}), {-3});
         },
         "[mean] axis -3 of shape (2,3)"},
        {"axis twice",
         [] {
             max(Tensor::zeros({2, 3}), {1, -1});
         },
         "[max] axis -1 is named twice (shape (2,3))"},
        {"nothing",
         [] {
             min(Tensor::zeros({2, 0}), {1});
         },
         "[min] there is none of no elements (input (2,0))"},
        {"integers", [] { sum(Tensor::zeros({2}, DType::int32)); },
         "[sum] the input must be of a floating-point type, got int32"},
        {"sum_to",
         [] {
             sum_to(Tensor::zeros({2, 3}), {2});
         },
         "[sum_to] (2) does not broadcast to (2,3)"},
        {"sum_to more dimensions",
         [] {
             sum_to(Tensor::zeros({3}), {1, 3});
         },
         "[sum_to] (1,3) does not broadcast to (3)"},
    };
    for (const PassCase& pass : passes("float32", {2, 3}, 0b01)) {
        const Reduction kind = pass.params.ref().as<ReduceParams>().kind;
        const bool extreme = kind == Reduction::max || kind == Reduction::min;
        const bool by_ref = extreme && pass.pass == &info_of<Backward>();
        result.dispatch.push_back({pass, DType::float32, "auto", by_ref ? "ref" : "cpu"});
        result.dispatch.push_back({pass, DType::float64, "auto", "ref"});
    }
    for (const PassCase& pass : passes("axes apart", {2, 3, 4}, 0b101))
        result.dispatch.push_back({pass, DType::float32, "auto", "ref"});
    return result;
}

}  // namespace tern::cases
