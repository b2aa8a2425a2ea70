// Files for --config.
#include "tern/apps/config.hpp"

#include "tern/tests/fuzz/fuzz.hpp"

using namespace tern;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::read_or_refuse([&] {
        const apps::ConfigValues values = apps::parse_config(fuzz::as_text({data, size}), fuzz::kName);
        for (const auto& [key, text] : values) {
            const bool number = key == "lr" || key == "seed" || key == "betas";
            fuzz::require(!number || !text.empty(), "a number became an empty flag");
        }
    });
    return 0;
}
