#include "tern/kernels/concat/concat.hpp"

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/concat/concat_passes.hpp"

namespace tern::cases {
namespace {

using namespace concat_passes;

// Both passes. `extents` are those of the pieces along `axis` of `shape`; the first piece wants no gradient.
std::vector<PassCase> passes(const std::string& name, const Shape& shape, int axis,
                             std::vector<std::int64_t> extents, bool benchmark = false) {
    std::vector<TensorSpec> pieces;
    std::int64_t total = 0;
    for (const std::int64_t extent : extents) {
        pieces.push_back({shape.with(axis, extent)});
        total += extent;
    }
    const std::vector<Bound> bounds(pieces.size(), Bound::exact());
    const ConcatParams params{axis, std::move(extents)};
    const TensorSpec whole{shape.with(axis, total)};
    std::vector<TensorSpec> wanted = pieces;
    if (wanted.size() > 1) wanted[0].defined = false;
    return {case_of<Forward>(name, params, {.x = pieces}, {.y = whole}, {.y = Bound::exact()},
                             {.benchmark = benchmark}),
            case_of<Backward>(name, params, {.dy = whole}, {.dx = wanted}, {.dx = bounds},
                              {.benchmark = benchmark})};
}

void append(std::vector<PassCase>& all, std::vector<PassCase> more) {
    for (PassCase& one : more) all.push_back(std::move(one));
}

}  // namespace

OpCases concat_cases() {
    OpCases result;
    append(result.passes, passes("one piece", {3, 5}, 1, {5}));
    append(result.passes, passes("empty", {0, 5}, 1, {5, 2}));
    append(result.passes, passes("an empty piece", {3, 5}, 1, {2, 0, 4}));
    append(result.passes, passes("vectors", {1}, 0, {3, 1, 4}));
    append(result.passes, passes("first", {1, 3, 5}, 0, {2, 7}));
    append(result.passes, passes("middle", {3, 1, 5}, 1, {1, 2, 3}));
    append(result.passes, passes("channels", {2, 5, 7, 1}, 3, {13, 64, 3}));
    append(result.passes, passes("several chunks", {501, 1}, 1, {33, 77}));
    append(result.passes, passes("image batch", {64, 32, 32, 1}, 3, {64, 64}, true));
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        std::vector<std::int64_t> extents;
        for (std::int64_t piece = draw(1, 4); piece > 0; --piece) extents.push_back(draw(0, 9));
        return passes("random", {draw(1, 5), draw(1, 9), draw(1, 9)}, static_cast<int>(draw(0, 2)), extents);
    };
    result.gradients = {{"channels",
                         {{{2, 3}}, {{2, 1}}, {{2, 4}}},
                         [](const Tensors& in) { return Tensors{concat(in, -1)}; }},
                        {"twice the same",
                         {{{2, 3}}},
                         [](const Tensors& in) {
                             return Tensors{concat({in[0], in[0]}, 0)};
                         }},
                        {"stack", {{{2, 3}}, {{2, 3}}}, [](const Tensors& in) {
                             return Tensors{stack(in), stack(in, 1), stack(in, -1)};
                         }}};
    result.errors = {
        {"none to stack", [] { stack({}); }, "[stack] at least one tensor is needed"},
        {"axis to stack along", [] { stack({Tensor::zeros({2})}, 2); }, "[stack] axis 2 of shape (2)"},
        {"stack of two shapes",
         [] {
             stack({Tensor::zeros({2, 3}), Tensor::zeros({3, 2})});
         },
         "[stack] tensor 1 is float32 (3,2) on cpu, tensor 0 float32 (2,3) on cpu: all must be of one shape, "
         "type and device"},
        {"none", [] { concat(Tensors{}, 0); }, "[concat] at least one tensor is needed"},
        {"axis",
         [] {
             concat({Tensor::zeros({2, 3})}, 2);
         },
         "[concat] axis 2 of shape (2,3)"},
        {"scalar", [] { concat({Tensor::zeros({})}, 0); }, "[concat] axis 0 of shape ()"},
        {"shapes",
         [] {
             concat({Tensor::zeros({2, 3}), Tensor::zeros({3, 3})}, 1);
         },
         "[concat] tensor 1 is float32 (3,3) on cpu, tensor 0 float32 (2,3) on cpu: they may differ in "
         "dimension "
         "1 alone"},
        {"types",
         [] {
             concat({Tensor::zeros({2}), Tensor::zeros({2}, DType::uint8)}, 0);
         },
         "[concat] tensor 1 is uint8 (2) on cpu, tensor 0 float32 (2) on cpu: they may differ in dimension 0 "
         "alone"}};
    for (const PassCase& pass : passes("any type", {2, 3}, 1, {3, 4})) {
        result.dispatch.push_back({pass});
        result.dispatch.push_back({pass, DType::float64, "auto", "cpu"});
        result.dispatch.push_back({pass, DType::float32, "concat=ref", "ref"});
    }
    return result;
}

}  // namespace tern::cases
