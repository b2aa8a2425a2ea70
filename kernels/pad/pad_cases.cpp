#include "tern/kernels/pad/pad.hpp"

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/pad/pad_passes.hpp"

namespace tern::cases {
namespace {

using namespace pad_passes;

using Borders = std::vector<std::pair<std::int64_t, std::int64_t>>;

std::vector<PassCase> passes(const std::string& name, const Shape& shape, const Borders& borders,
                             double value = 0, bool benchmark = false, std::optional<DType> dtype = {}) {
    const PadParams params{borders, value};
    const TensorSpec x{shape, 0, 100, dtype}, y{pad_output_shape(shape, borders), 0, 100, dtype};
    return {
        case_of<Forward>(name, params, {.x = x}, {.y = y}, {.y = Bound::exact()}, {.benchmark = benchmark}),
        case_of<Backward>(name, params, {.dy = y}, {.dx = x}, {.dx = Bound::exact()},
                          {.benchmark = benchmark})};
}

void append(std::vector<PassCase>& all, std::vector<PassCase> more) {
    for (PassCase& one : more) all.push_back(std::move(one));
}

}  // namespace

OpCases pad_cases() {
    OpCases result;
    append(result.passes, passes("scalar", {}, {}));
    append(result.passes, passes("from nothing", {0, 2}, {{1, 2}, {0, 0}}, 0.5));
    append(result.passes, passes("no border", {3, 5}, {{0, 0}, {0, 0}}));
    append(result.passes, passes("vector", {7}, {{2, 1}}, -1.5));
    append(result.passes, passes("images", {2, 5, 7, 3}, {{0, 0}, {1, 2}, {0, 1}, {0, 0}}, 0.25));
    append(result.passes, passes("last extent 1", {4, 1}, {{0, 1}, {2, 3}}));
    append(result.passes, passes("several chunks", {3, 20001}, {{1, 1}, {5, 0}}, 1));
    append(result.passes, passes("bytes", {4, 5, 3}, {{2, 2}, {2, 2}, {0, 0}}, 7, false, DType::uint8));
    append(result.passes, passes("image batch", {64, 32, 32, 64}, {{0, 0}, {1, 1}, {1, 1}, {0, 0}}, 0, true));
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        const auto border = [&] { return std::pair{draw(0, 3), draw(0, 3)}; };
        return passes("random", {draw(0, 5), draw(1, 9), draw(1, 9)}, {border(), border(), border()}, 0.5);
    };
    result.gradients = {{"images",
                         {{{2, 3, 2, 2}}},
                         [](const Tensors& in) {
                             return Tensors{pad(in[0], {{0, 0}, {1, 2}, {0, 1}, {0, 0}}, 3)};
                         }},
                        {"crop",
                         {{{4, 5}}},
                         [](const Tensors& in) {
                             return Tensors{crop(in[0], {{1, 0}, {0, 2}}), crop(in[0], {{0, 0}, {0, 0}})};
                         }},
                        {"reflect",
                         {{{2, 4, 3}}},
                         [](const Tensors& in) {
                             return Tensors{pad(in[0], {{0, 0}, {3, 2}, {1, 0}}, PadMode::reflect)};
                         }},
                        {"replicate",
                         {{{2, 1, 3}}},
                         [](const Tensors& in) {
                             return Tensors{pad(in[0], {{1, 0}, {3, 2}, {0, 5}}, PadMode::replicate)};
                         }},
                        {"slice", {{{4, 5, 3}}}, [](const Tensors& in) {
                             return Tensors{slice(in[0], -2, 1, 4), slice(in[0], 0, 2, 2)};
                         }}};
    result.errors = {
        {"too few",
         [] {
             pad(Tensor::zeros({2, 3}), {{1, 1}});
         },
         "[pad] 1 borders for the shape (2,3), expected one pair per dimension"},
        {"negative",
         [] {
             pad(Tensor::zeros({2, 3}), {{1, 1}, {0, -2}});
         },
         "[pad] borders must be at least 0, got 0 before and -2 after dimension 1"},
        {"reflected at the end of what there is",
         [] {
             pad(Tensor::zeros({2, 3}), {{0, 0}, {1, 3}}, PadMode::reflect);
         },
         "[pad] reflected borders must be less than the extent, got 1 before and 3 after dimension 1 "
         "of (2,3)"},
        {"nothing to replicate",
         [] {
             pad(Tensor::zeros({2, 0}), {{0, 0}, {1, 0}}, PadMode::replicate);
         },
         "[pad] there is nothing to replicate along dimension 1 of (2,0)"},
        {"crop of more than there is",
         [] {
             crop(Tensor::zeros({2, 3}), {{0, 0}, {2, 2}});
         },
         "[crop] 2 before and 2 after dimension 1 of (2,3)"},
        {"slice beyond the end",
         [] {
             slice(Tensor::zeros({2, 3}), -1, 1, 4);
         },
         "[slice] [1, 4) of dimension -1 of (2,3)"},
        {"too many",
         [] {
             pad(Tensor::zeros({2}), {{INT64_MAX, 1}});
         },
         "[pad] 9223372036854775807 before and 1 after dimension 0 of (2) are more than 2^63"}};
    for (const PassCase& pass : passes("any type", {2, 3}, {{1, 1}, {0, 2}})) {
        result.dispatch.push_back({pass});
        result.dispatch.push_back({pass, DType::float64, "auto", "cpu"});
        result.dispatch.push_back({pass, DType::float32, "pad=ref", "ref"});
    }
    return result;
}

}  // namespace tern::cases
