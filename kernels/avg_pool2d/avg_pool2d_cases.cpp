#include "tern/kernels/avg_pool2d/avg_pool2d.hpp"

#include "tern/kernels/avg_pool2d/avg_pool2d_passes.hpp"
#include "tern/kernels/cases/cases.hpp"

namespace tern::cases {
namespace {

using namespace avg_pool2d_passes;

// Both passes, with and without the padding counted. Sums of as many terms as a window has pixels, and a
// division.
std::vector<PassCase> passes(const std::string& name, const Shape& image, const Window2d& window,
                             bool benchmark = false) {
    const Shape windows = window_output_shape("avg_pool2d", image, window, image[3]);
    const Bound bound = Bound::products(window.kernel_h * window.kernel_w);
    std::vector<PassCase> all;
    for (const bool count_padding : {true, false}) {
        const AvgPool2dParams params{window, count_padding};
        const std::string full = name + (count_padding ? "" : ", inside alone");
        all.push_back(case_of<Forward>(full, params, {.x = {image}}, {.y = {windows}}, {.y = bound},
                                       {.benchmark = benchmark}));
        all.push_back(case_of<Backward>(full, params, {.dy = {windows}}, {.dx = {image}}, {.dx = bound},
                                        {.benchmark = benchmark}));
    }
    return all;
}

void append(std::vector<PassCase>& all, std::vector<PassCase> more) {
    for (PassCase& one : more) all.push_back(std::move(one));
}

}  // namespace

OpCases avg_pool2d_cases() {
    const Window2d all_differ{3, 2, 1, 2, 1, 1, 2, 0, 0, 1};
    OpCases result;
    append(result.passes, passes("no image", {0, 4, 4, 3}, Window2d::square(2, 2)));
    append(result.passes, passes("one pixel", {1, 1, 1, 1}, Window2d::square(1)));
    append(result.passes, passes("halves", {2, 8, 6, 5}, Window2d::square(2, 2)));
    append(result.passes, passes("overlapping, padded", {2, 7, 9, 13}, Window2d::square(3, 2, 1)));
    append(result.passes, passes("all differ", {2, 7, 5, 3}, all_differ));
    append(result.passes, passes("windows in the padding alone", {1, 3, 3, 2}, Window2d::square(2, 3, 3)));
    append(result.passes, passes("dilated", {1, 9, 9, 4}, Window2d::square(3, 1, 2, 2)));
    append(result.passes, passes("pixels that no window reads", {1, 8, 8, 3}, Window2d::square(1, 3)));
    append(result.passes, passes("64, halves", {64, 32, 32, 64}, Window2d::square(2, 2), true));
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        const auto side = [&] { return draw(1, 4); };
        const Window2d window{side(),     side(),     draw(1, 3), draw(1, 3), draw(1, 2),
                              draw(1, 2), draw(0, 2), draw(0, 2), draw(0, 2), draw(0, 2)};
        return passes("random",
                      {draw(1, 3), window.span_h() + draw(0, 6), window.span_w() + draw(0, 6), draw(1, 40)},
                      window);
    };
    result.gradients = {{"padded", {{{2, 4, 5, 2}}}, [](const Tensors& in) {
                             return Tensors{avg_pool2d(in[0], Window2d::square(3, 2, 1)),
                                            avg_pool2d(in[0], Window2d::square(3, 2, 1), false)};
                         }}};
    result.errors = {{"rank",
                      [] {
                          avg_pool2d(Tensor::zeros({4, 4}), Window2d::square(2));
                      },
                      "[avg_pool2d] the input must be (N, H, W, C), got (4,4)"},
                     {"integers",
                      [] {
                          avg_pool2d(Tensor::zeros({1, 4, 4, 1}, DType::uint8), Window2d::square(2));
                      },
                      "[avg_pool2d] the input must be of a floating-point type, got uint8"}};
    for (const PassCase& pass : passes("dispatch", {1, 4, 4, 3}, Window2d::square(2, 2))) {
        result.dispatch.push_back({pass});
        result.dispatch.push_back({pass, DType::float64, "auto", "ref"});
    }
    return result;
}

}  // namespace tern::cases
