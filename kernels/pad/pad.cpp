#include "tern/kernels/pad/pad.hpp"

#include "tern/kernels/pad/pad_passes.hpp"

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
    const Tensor output =
        Tensor::empty(pad_output_shape(input.shape(), borders), input.dtype(), input.device());
    const PadParams params{borders, value};
    const Forward pass{.params = params, .x = input, .y = output};
    run_pass(pass);
    record_grad(pass);
    return output;
}

Tensor crop(const Tensor& input, const std::vector<std::pair<std::int64_t, std::int64_t>>& borders) {
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
    const int d = axis < 0 ? axis + input.rank() : axis;
    TERN_CHECK(d >= 0 && d < input.rank() && 0 <= begin && begin <= end && end <= input.dim(d), "slice", '[',
               begin, ", ", end, ") of dimension ", axis, " of ", input.shape());
    std::vector<std::pair<std::int64_t, std::int64_t>> borders(static_cast<std::size_t>(input.rank()));
    borders[static_cast<std::size_t>(d)] = {begin, input.dim(d) - end};
    return crop(input, borders);
}

}  // namespace tern
