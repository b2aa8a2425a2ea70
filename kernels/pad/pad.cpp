#include "tern/kernels/pad/pad.hpp"

#include <algorithm>

#include "tern/kernels/index_select/index_select.hpp"
#include "tern/kernels/pad/pad_passes.hpp"
#include "tern/kernels/shared/checks.hpp"

namespace tern {
using namespace pad_passes;

const Op& pad_op() {
    static const Op op{"pad",
                       {pass_of<Forward, Partial<Cuda>, Total<Cpu>, Ref>(),
                        pass_of<Backward, Partial<Cuda>, Total<Cpu>, Ref>()}};
    return op;
}

Shape pad_output_shape(const Shape& input,
                       const std::vector<std::pair<std::int64_t, std::int64_t>>& borders) {
    TERN_CHECK(static_cast<int>(borders.size()) == input.rank(), "pad", borders.size(),
               " borders for the shape ", input, ", expected one pair per dimension");
    std::vector<std::int64_t> extents;
    for (std::size_t d = 0; d < borders.size(); ++d) {
        const auto [before, after] = borders[d];
        TERN_CHECK(before >= 0 && after >= 0, "pad", "borders must be at least 0, got ", before,
                   " before and ", after, " after dimension ", d);
        std::int64_t extent = input[static_cast<int>(d)];
        TERN_CHECK(!__builtin_add_overflow(extent, before, &extent) &&
                       !__builtin_add_overflow(extent, after, &extent),
                   "pad", before, " before and ", after, " after dimension ", d, " of ", input,
                   " are more than 2^63");
        extents.push_back(extent);
    }
    return Shape(extents);
}

Tensor pad(const Tensor& input, const std::vector<std::pair<std::int64_t, std::int64_t>>& borders,
           double value) {
    check_defined("pad", {{"the input", input}});
    const Tensor output =
        Tensor::empty(pad_output_shape(input.shape(), borders), input.dtype(), input.device());
    const PadParams params{borders, value};
    const Forward pass{.params = params, .x = input, .y = output};
    run_pass(pass);
    record_grad(pass);
    return output;
}

namespace {

// For each element along a dimension of the result, which of the input's `extent` it is.
Tensor sources(std::int64_t extent, std::int64_t before, std::int64_t after, PadMode mode, Device device) {
    const Tensor index = Tensor::empty({before + extent + after}, DType::int64);
    for (std::int64_t i = 0; i < index.numel(); ++i) {
        const std::int64_t at = i - before, last = extent - 1;
        const std::int64_t mirrored = at < 0 ? -at : at > last ? 2 * last - at : at;
        index.data<std::int64_t>()[i] =
            mode == PadMode::reflect ? mirrored : std::clamp<std::int64_t>(at, 0, last);
    }
    return index.to(device);
}

}  // namespace

Tensor pad(const Tensor& input, const std::vector<std::pair<std::int64_t, std::int64_t>>& borders,
           PadMode mode) {
    if (mode == PadMode::constant) return pad(input, borders);
    pad_output_shape(input.shape(), borders);  // for its checks
    for (int d = 0; d < input.rank(); ++d) {
        const auto [before, after] = borders[static_cast<std::size_t>(d)];
        const std::int64_t extent = input.dim(d), longest = std::max(before, after);
        TERN_CHECK(mode != PadMode::reflect || longest == 0 || longest < extent, "pad",
                   "reflected borders must be less than the extent, got ", before, " before and ", after,
                   " after dimension ", d, " of ", input.shape());
        TERN_CHECK(longest == 0 || extent > 0, "pad", "there is nothing to replicate along dimension ", d,
                   " of ", input.shape());
    }
    Tensor output = input;
    for (int d = 0; d < input.rank(); ++d) {
        const auto [before, after] = borders[static_cast<std::size_t>(d)];
        if (before > 0 || after > 0)
            output = index_select(output, d, sources(input.dim(d), before, after, mode, input.device()));
    }
    return output;
}

Tensor crop(const Tensor& input, const std::vector<std::pair<std::int64_t, std::int64_t>>& borders) {
    check_defined("crop", {{"the input", input}});
    TERN_CHECK(static_cast<int>(borders.size()) == input.rank(), "crop", borders.size(),
               " borders for the shape ", input.shape(), ", expected one pair per dimension");
    std::vector<std::int64_t> extents;
    for (std::size_t d = 0; d < borders.size(); ++d) {
        const auto [before, after] = borders[d];
        const std::int64_t extent = input.dim(static_cast<int>(d));
        TERN_CHECK(before >= 0 && after >= 0 && before <= extent && after <= extent - before, "crop", before,
                   " before and ", after, " after dimension ", d, " of ", input.shape());
        extents.push_back(extent - before - after);
    }
    const Tensor output = Tensor::empty(Shape(extents), input.dtype(), input.device());
    const PadParams params{borders, 0};
    const Backward pass{.params = params, .dy = input, .dx = output};
    run_pass(pass);
    record_grad(pass);
    return output;
}

Tensor slice(const Tensor& input, int axis, std::int64_t begin, std::int64_t end) {
    check_defined("slice", {{"the input", input}});
    const int d = axis < 0 ? axis + input.rank() : axis;
    TERN_CHECK(d >= 0 && d < input.rank() && 0 <= begin && begin <= end && end <= input.dim(d), "slice", '[',
               begin, ", ", end, ") of dimension ", axis, " of ", input.shape());
    std::vector<std::pair<std::int64_t, std::int64_t>> borders(static_cast<std::size_t>(input.rank()));
    borders[static_cast<std::size_t>(d)] = {begin, input.dim(d) - end};
    return crop(input, borders);
}

}  // namespace tern
