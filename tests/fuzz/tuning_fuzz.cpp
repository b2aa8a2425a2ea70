// Tables of measured choices for --tuning. The operations are those of the list by name alone, each with one
// pass and two versions that are never run: no kernel is built for this.
#include "tern/apps/tuning_file.hpp"
#include "tern/tests/fuzz/fuzz.hpp"

namespace tern {

#define TERN_OP(name, files)                                                                            \
    const Op& name##_op() {                                                                             \
        static const Op op{#name,                                                                       \
                           {{#name,                                                                     \
                             "forward",                                                                 \
                             {},                                                                        \
                             {},                                                                        \
                             {{"cpu", DeviceType::cpu, nullptr}, {"ref", DeviceType::cpu, nullptr}}}}}; \
        return op;                                                                                      \
    }
#include "tern/kernels/op_list.def"
#undef TERN_OP

}  // namespace tern

using namespace tern;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::read_or_refuse([&] {
        const auto table = apps::parse_tuning(fuzz::as_text({data, size}), fuzz::kName, "cpu");
        const std::string text = apps::tuning_to_toml(table->choices(), "cpu", "fuzz");
        fuzz::require(apps::parse_tuning(text, fuzz::kName, "cpu")->choices() == table->choices(),
                      "a table that was written is read as another");
    });
    return 0;
}
