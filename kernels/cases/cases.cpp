#include "tern/kernels/cases/cases.hpp"

#include <cmath>

namespace tern::cases {

Bound Bound::products(std::int64_t terms) {
    return {4 * std::sqrt(static_cast<double>(std::max<std::int64_t>(terms, 1))), Magnitude::absolute_inputs,
            0};
}

Bound Bound::relative(double roundings, double floor) { return {roundings, Magnitude::result, floor}; }

PassCase PassCase::held_to(std::string_view implementation) const {
    PassCase held = *this;
    if (const auto own = own_bounds.find(implementation); own != own_bounds.end()) held.bounds = own->second;
    return held;
}

std::string PassCase::title() const { return to_text(pass->op, '.', pass->name, ", case \"", name, '"'); }

std::int64_t Draw::operator()(std::int64_t low, std::int64_t high) {
    const auto count = static_cast<std::uint64_t>(high - low + 1);
    return low + static_cast<std::int64_t>(stream_.bits64(next_++) % count);
}

const std::vector<NamedCases>& all_cases() {
    static const std::vector<NamedCases> all{
#define TERN_OP(name, files) {&name##_op(), name##_cases()},
#include "tern/kernels/op_list.def"
#undef TERN_OP
    };
    return all;
}

std::vector<PassCase> with_exact_gradients(const std::vector<PassCase>& all) {
    std::vector<PassCase> exact;
    for (PassCase one : all) {
        if (one.pass->name != std::string_view("backward_weight") &&
            one.pass->name != std::string_view("backward_bias"))
            continue;
        one.name += ", exact";
        one.outputs[0].dtype = DType::float32;
        exact.push_back(std::move(one));
    }
    return exact;
}

}  // namespace tern::cases
