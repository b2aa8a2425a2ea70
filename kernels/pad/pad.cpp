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
        extents.push_back(before + input[static_cast<int>(d)] + after);
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

}  // namespace tern
