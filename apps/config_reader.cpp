#include "tern/apps/config.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <toml++/toml.h>

#include "tern/apps/console.hpp"
#include "tern/core/file.hpp"

namespace tern::apps {
namespace {

enum class Kind : std::uint8_t { text, integer, number, pair, boolean };

struct Key {
    const char* name;
    Kind kind;
    bool may_change;  // when a run goes on
    Flag& (*flag)(TrainFlags&);
};

// In the order in which two runs are compared: what makes other keys appear comes first.
constexpr std::array kKeys{
    Key{"model", Kind::text, false, [](TrainFlags& flags) -> Flag& { return flags.model; }},
    Key{"data", Kind::text, true, [](TrainFlags& flags) -> Flag& { return flags.data; }},
    Key{"epochs", Kind::integer, true, [](TrainFlags& flags) -> Flag& { return flags.epochs; }},
    Key{"steps", Kind::integer, true, [](TrainFlags& flags) -> Flag& { return flags.steps; }},
    Key{"batch_size", Kind::integer, false, [](TrainFlags& flags) -> Flag& { return flags.batch_size; }},
    Key{"seed", Kind::integer, false, [](TrainFlags& flags) -> Flag& { return flags.seed; }},
    Key{"shuffle", Kind::text, false, [](TrainFlags& flags) -> Flag& { return flags.shuffle; }},
    Key{"augment", Kind::text, false, [](TrainFlags& flags) -> Flag& { return flags.augment; }},
    Key{"normalize", Kind::text, false, [](TrainFlags& flags) -> Flag& { return flags.normalize; }},
    Key{"optimizer", Kind::text, false, [](TrainFlags& flags) -> Flag& { return flags.optimizer; }},
    Key{"lr", Kind::number, false, [](TrainFlags& flags) -> Flag& { return flags.lr; }},
    Key{"momentum", Kind::number, false, [](TrainFlags& flags) -> Flag& { return flags.momentum; }},
    Key{"betas", Kind::pair, false, [](TrainFlags& flags) -> Flag& { return flags.betas; }},
    Key{"epsilon", Kind::number, false, [](TrainFlags& flags) -> Flag& { return flags.epsilon; }},
    Key{"weight_decay", Kind::number, false, [](TrainFlags& flags) -> Flag& { return flags.weight_decay; }},
    Key{"schedule", Kind::text, false, [](TrainFlags& flags) -> Flag& { return flags.schedule; }},
    Key{"label_smoothing", Kind::number, false,
        [](TrainFlags& flags) -> Flag& { return flags.label_smoothing; }},
    Key{"init", Kind::text, false, [](TrainFlags& flags) -> Flag& { return flags.init; }},
    Key{"save_every", Kind::integer, true, [](TrainFlags& flags) -> Flag& { return flags.save_every; }},
    Key{"keep", Kind::integer, true, [](TrainFlags& flags) -> Flag& { return flags.keep; }},
    Key{"device", Kind::text, true, [](TrainFlags& flags) -> Flag& { return flags.runtime.device; }},
    Key{"precision", Kind::text, false, [](TrainFlags& flags) -> Flag& { return flags.runtime.precision; }},
    Key{"kernels", Kind::text, true, [](TrainFlags& flags) -> Flag& { return flags.runtime.kernels; }},
    Key{"threads", Kind::integer, true, [](TrainFlags& flags) -> Flag& { return flags.runtime.threads; }},
    Key{"log_steps", Kind::boolean, false, nullptr},
};

const char* in_words(Kind kind) {
    switch (kind) {
        case Kind::text:
            return "a text in quotes";
        case Kind::integer:
            return "a whole number";
        case Kind::number:
            return "a number";
        case Kind::pair:
            return "two numbers in brackets";
        case Kind::boolean:
            break;
    }
    return "true or false";
}

std::string shortest(double value) {
    std::array<char, 32> digits{};
    return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr};
}

std::optional<std::string> number_text(const toml::node& node) {
    if (node.is_integer()) return std::to_string(node.as_integer()->get());
    if (node.is_floating_point()) return shortest(node.as_floating_point()->get());
    return {};
}

// As the text of a flag, if the value is of that kind.
std::optional<std::string> flag_text(const toml::node& node, Kind kind) {
    switch (kind) {
        case Kind::text:
            return node.value_exact<std::string>();
        case Kind::integer:
            return node.is_integer() ? number_text(node) : std::nullopt;
        case Kind::number:
            return number_text(node);
        case Kind::pair: {
            const toml::array* pair = node.as_array();
            if (pair == nullptr || pair->size() != 2) return {};
            const auto first = number_text(*pair->get(0)), second = number_text(*pair->get(1));
            if (!first || !second) return {};
            return *first + ',' + *second;
        }
        case Kind::boolean:
            break;
    }
    if (!node.is_boolean()) return {};
    return node.as_boolean()->get() ? "true" : "false";
}

}  // namespace

ConfigValues parse_config(std::string_view toml, const std::string& file) {
    toml::table table;
    try {
        table = toml::parse(toml, file);
    } catch (const toml::parse_error& error) {
        fail(file, "line ", error.source().begin.line, " is no TOML: ", one_line(error.description()));
    }
    ConfigValues values;
    for (const auto& [name, node] : table) {
        const std::string key = one_line(name.str());
        const auto known = std::ranges::find(kKeys, key, &Key::name);
        TERN_CHECK(known != kKeys.end(), file, "line ", node.source().begin.line, ": ", key,
                   " is no setting; they are the flags of tern train with _ for -");
        const std::optional<std::string> text = flag_text(node, known->kind);
        TERN_CHECK(text, file, "line ", node.source().begin.line, ": ", key, " must be ",
                   in_words(known->kind));
        values.emplace(key, *text);
    }
    return values;
}

ConfigValues read_config(const std::string& file) {
    return parse_config(read_text_file(file, std::int64_t{1} << 20), file);
}

std::set<std::string> fill_flags(TrainFlags& flags, const ConfigValues& values) {
    std::set<std::string> filled;
    const bool length_given = flags.epochs || flags.steps;
    for (const Key& key : kKeys) {
        const auto value = values.find(key.name);
        if (value == values.end()) continue;
        if (key.flag == nullptr) {
            flags.log_steps = flags.log_steps || value->second == "true";
            continue;
        }
        const bool length = value->first == "epochs" || value->first == "steps";
        Flag& flag = key.flag(flags);
        if (flag || (length && length_given)) continue;
        flag = value->second;
        filled.insert(value->first);
    }
    return filled;
}

TrainSettings settings_with(TrainFlags flags, const std::string& file) {
    const std::set<std::string> filled = fill_flags(flags, read_config(file));
    try {
        return flags.settings();
    } catch (const UsageError& error) {
        const std::string_view text = error.what();
        for (const std::string& key : filled) {
            const std::string start = to_text('[', flag_of(key), "] ");
            if (text.starts_with(start)) fail(file, key, ' ', text.substr(start.size()));
        }
        throw;
    }
}

void check_same_run(const TrainSettings& settings, const ConfigValues& values, const std::string& folder) {
    const ConfigValues asked = parse_config(to_toml(settings), folder);
    const char* const length = settings.plan.steps > 0 ? "steps" : "epochs";
    if (!values.contains(length))
        usage_error(flag_of(length), "the run in ", folder, " does not count these");
    for (const Key& key : kKeys) {
        const auto now = asked.find(key.name), then = values.find(key.name);
        if (key.may_change || (now == asked.end() && then == values.end())) continue;
        const auto text = [](const auto& found, const auto& end) {
            return found == end ? "none" : found->second;
        };
        const std::string here = text(now, asked.end()), there = text(then, values.end());
        if (here != there)
            usage_error(flag_of(key.name), "the run in ", one_line(folder), " has ", one_line(there),
                        ", got ", one_line(here));
    }
}

std::string flag_of(std::string key) {
    std::ranges::replace(key, '_', '-');
    return "--" + key;
}

}  // namespace tern::apps
