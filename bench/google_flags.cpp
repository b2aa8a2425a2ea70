#include "tern/bench/google_flags.hpp"

#include <algorithm>
#include <cctype>
#include <limits>
#include <map>
#include <set>
#include <sstream>

#include "tern/apps/output_flag.hpp"
#include "tern/bench/command_flags.hpp"

namespace tern::bench {
namespace {

const std::vector<std::string_view> kFormats{"console", "json", "csv"};

// Checks what a flag was given.
using Check = void (*)(std::string_view flag, const std::string& value);

struct Spec {
    const char* name;
    const char* type;  // "": a flag that needs no value
    const char* about;
    Check check = nullptr;
};

struct Given {
    apps::Flag value;
    bool on = false;
};

void check_seconds(std::string_view flag, const std::string& value) { apps::parse_number(flag, value, {}); }

template <int kLeast>
void check_count(std::string_view flag, const std::string& value) {
    apps::parse_integer(flag, value, kLeast, std::numeric_limits<std::int32_t>::max());
}

void check_format(std::string_view flag, const std::string& value) {
    apps::parse_choice(flag, value, kFormats);
}

void check_colour(std::string_view flag, const std::string& value) {
    apps::parse_choice(flag, value, {"auto", "true", "false"});
}

void check_unit(std::string_view flag, const std::string& value) {
    apps::parse_choice(flag, value, {"ns", "us", "ms", "s"});
}

void check_context(std::string_view flag, const std::string& value) {
    std::set<std::string> keys{"threads", "copy", "peak float32"};  // those that main.cpp gives
    std::istringstream pairs(value);
    for (std::string pair; std::getline(pairs, pair, ',');) {
        const std::size_t equals = pair.find('=');
        if (equals == std::string::npos || equals == 0 || pair.find('=', equals + 1) != std::string::npos)
            apps::usage_error(flag, "must be KEY=VALUE,..., got ", value);
        const std::string key = pair.substr(0, equals);
        if (key.starts_with("device") || !keys.insert(key).second)
            apps::usage_error(flag, "has the key ", key, " twice, or tern-bench has it");
    }
}

void check_file(std::string_view flag, const std::string& path) { apps::check_output_flag(flag, path); }

constexpr Spec kSpecs[] = {
    {"benchmark_list_tests", "", "prints the names alone"},
    {"benchmark_filter", "REGEX", "which to run (default all); -REGEX: all others"},
    {"benchmark_min_time", "SECONDS", "for each (default 0.5)", check_seconds},
    {"benchmark_min_warmup_time", "SECONDS", "before each (default 0)", check_seconds},
    {"benchmark_repetitions", "N", "of each, with mean, median and deviation", check_count<1>},
    {"benchmark_enable_random_interleaving", "", "repetitions in a random order"},
    {"benchmark_report_aggregates_only", "", "of repetitions only mean, median and deviation"},
    {"benchmark_display_aggregates_only", "", "the same, but for the file"},
    {"benchmark_format", "console|json|csv", "of what is printed", check_format},
    {"benchmark_out", "FILE", "the results into a file, too", check_file},
    {"benchmark_out_format", "json|console|csv", "of the file (default json)", check_format},
    {"benchmark_color", "auto|true|false", "on a terminal, always, never", check_colour},
    {"benchmark_counters_tabular", "", "counters as columns"},
    {"benchmark_context", "KEY=VALUE,...", "to stand beside the results", check_context},
    {"benchmark_time_unit", "ns|us|ms|s", "where a benchmark names none", check_unit},
    {"v", "N", "how verbose the log of the library is", check_count<0>},
};

// The environment variable that the library reads where there is no such flag.
std::string variable_of(std::string name) {
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::toupper(c); });
    return name;
}

void add(CLI::App& app, const Spec& spec, Given& given) {
    const std::string flag = to_text("--", spec.name), type = spec.type;
    CLI::Option* option = type.empty() ? app.add_flag(flag, given.on, spec.about)
                                       : app.add_option(flag, given.value, spec.about)->type_name(type);
    if (flag != "--v") option->envname(variable_of(spec.name));  // V is many a program's
}

}  // namespace

std::optional<GoogleFlags> parse_google_flags(int argc, char** argv) {
    std::map<std::string, Given> given;
    CLI::App app("Times every implementation of every operation, through Google Benchmark.", "tern-bench");
    app.footer(
        "tern-bench --profile --help and tern-bench --inference --help describe what else it measures.");
    for (const Spec& spec : kSpecs) add(app, spec, given[spec.name]);
    if (!parse(app, argc, argv)) return {};

    GoogleFlags flags;
    for (const Spec& spec : kSpecs) {
        const std::string flag = to_text("--", spec.name);
        const auto& [value, on] = given[spec.name];
        if (value && spec.check != nullptr) spec.check(flag, *value);
        if (value || std::string_view(spec.type).empty())
            flags.words.push_back(to_text(flag, '=', value.value_or(on ? "true" : "false")));
    }
    flags.list = given["benchmark_list_tests"].on;
    flags.filter = given["benchmark_filter"].value.value_or("");
    flags.out = given["benchmark_out"].value.value_or("");
    if (given["benchmark_out_format"].value && flags.out.empty())
        apps::usage_error("--benchmark_out_format", "goes together with --benchmark_out");
    // Debian's library ends the process where it is asked for these, which the environment can do.
    flags.words.push_back("--benchmark_perf_counters=");
    return flags;
}

}  // namespace tern::bench
