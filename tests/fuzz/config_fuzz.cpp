// Files for --config.
#include "tern/apps/config.hpp"

#include "tern/tests/fuzz/fuzz.hpp"

using namespace tern;

namespace {

// One of each kind: the names say nothing to the reader.
const std::vector<apps::Setting> kSettings{
    {.name = "model", .kind = apps::SettingKind::text},
    {.name = "shuffle", .kind = apps::SettingKind::on_off},
    {.name = "seed", .kind = apps::SettingKind::integer},
    {.name = "lr", .kind = apps::SettingKind::number},
    {.name = "betas", .kind = apps::SettingKind::number_pair},
    {.name = "log_steps", .kind = apps::SettingKind::boolean},
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::read_or_refuse([&] {
        const apps::ConfigValues values =
            apps::parse_config(fuzz::as_text({data, size}), fuzz::kName, kSettings);
        for (const auto& [key, text] : values) {
            const bool number = key == "lr" || key == "seed" || key == "betas";
            fuzz::require(!number || !text.empty(), "a number became an empty flag");
        }
    });
    return 0;
}
