#include <cmath>
#include <cstdio>
#include <optional>

#include <nlohmann/json.hpp>

#include "tern/apps/commands.hpp"
#include "tern/apps/console.hpp"
#include "tern/apps/data_flags.hpp"
#include "tern/apps/options.hpp"
#include "tern/apps/output_flag.hpp"
#include "tern/data/channel_statistics.hpp"
#include "tern/data/image.hpp"
#include "tern/data/sample_sheet.hpp"

namespace tern::apps {
namespace {

using Json = nlohmann::ordered_json;

struct InfoFlags {
    Flag folder, labels, sheet, augment, epoch, seed;
    bool json = false;
};

// Of a training that has these flags; --epoch is from 1, as log lines count.
PrepareImagesParams augmentation_of(const InfoFlags& flags) {
    for (const auto& [name, flag] : {std::pair{"--epoch", flags.epoch}, {"--seed", flags.seed}})
        if (flag && !flags.augment) usage_error(name, "has no meaning without --augment");
    if (!flags.augment) return {};
    if (!flags.sheet) usage_error("--augment", "has no meaning without --sheet");
    PrepareImagesParams params = parse_augment(*flags.augment);
    params.epoch =
        static_cast<std::uint32_t>(parse_integer("--epoch", flags.epoch.value_or("1"), 1, 1 << 30) - 1);
    params.seed = static_cast<std::uint64_t>(parse_integer("--seed", flags.seed.value_or("0"), 0));
    return params;
}

std::vector<std::int64_t> count_labels(const Dataset& data) {
    std::vector<std::int64_t> counts(data.classes.size());
    for (const std::int32_t label : data.targets.elements<std::int32_t>())
        ++counts[static_cast<std::size_t>(label)];
    return counts;
}

// Both splits; one whose files are missing has no samples.
struct Set {
    Set(const std::string& source, LabelKind labels) {
        if (source == "synthetic") {
            train = load_split({source}, Split::train);
            test = load_split({source}, Split::test);
            return;
        }
        const FoundDataset found = find_dataset(source);
        files = found.format->list(found.folder);
        const bool has_train = files.front().samples > 0, has_test = files.back().samples > 0;
        if (has_train) train = load_split({source, labels}, Split::train);
        if (has_test) test = load_split({source, labels}, Split::test);
        if (!has_train) train = without_samples(test);
        if (!has_test) test = without_samples(train);
    }

    static Dataset without_samples(const Dataset& other) { return other.slice(0, 0); }

    std::vector<FileSamples> files;
    Dataset train, test;
};

std::string channel_name(std::size_t c, std::size_t channels) {
    if (channels == 1) return "grey";
    return channels == 3 ? std::array{"red", "green", "blue"}[c] : std::to_string(c);
}

// Everything, in the order in which it is shown.
Json facts(const Set& set) {
    const auto& [list, train, test] = set;
    Json files = Json::array(), missing = Json::array(), classes = Json::array(), channels = Json::array();
    for (const auto& [file, samples] : list) {
        if (samples == 0) {
            missing.push_back(file);
        } else {
            files.push_back({{"file", file}, {"samples", samples}});
        }
    }
    const std::vector<std::int64_t> train_counts = count_labels(train), test_counts = count_labels(test);
    for (std::size_t k = 0; k < train.classes.size(); ++k)
        classes.push_back(
            {{"class", train.classes[k]}, {"train", train_counts[k]}, {"test", test_counts[k]}});
    const ChannelStatistics statistics = train.size() > 0 ? channel_statistics(train) : ChannelStatistics{};
    for (std::size_t c = 0; c < statistics.mean.size(); ++c) {
        channels.push_back({{"channel", channel_name(c, statistics.mean.size())},
                            {"mean", statistics.mean[c] / 255},
                            {"deviation", std::sqrt(std::max(statistics.variance[c], 0.0)) / 255}});
    }
    const Shape image = train.sample_shape();
    return {{"source", train.source}, {"train", train.size()},
            {"test", test.size()},    {"image", std::vector(image.begin(), image.end())},
            {"files", files},         {"missing", missing},
            {"classes", classes},     {"channels", channels}};
}

void print(std::FILE* out, const Json& all) {
    const auto count = [](const Json& value) { return format_count(value.get<std::int64_t>()); };
    std::fprintf(out, "%s: %s training and %s test samples of %zu classes, images %s x %s x %s\n",
                 one_line(all["source"].get<std::string>()).c_str(), count(all["train"]).c_str(),
                 count(all["test"]).c_str(), all["classes"].size(), count(all["image"][0]).c_str(),
                 count(all["image"][1]).c_str(), count(all["image"][2]).c_str());
    if (!all["files"].empty()) std::fprintf(out, "\n%-24s %10s\n", "file", "samples");
    for (const Json& file : all["files"])
        std::fprintf(out, "%-24s %10s\n", file["file"].get<std::string>().c_str(),
                     count(file["samples"]).c_str());
    for (const Json& file : all["missing"])
        std::fprintf(out, "%-24s %10s\n", file.get<std::string>().c_str(), "missing");
    std::fprintf(out, "\n%-24s %10s %10s\n", "class", "training", "test");
    for (const Json& own : all["classes"])
        std::fprintf(out, "%-24s %10s %10s\n", own["class"].get<std::string>().c_str(),
                     count(own["train"]).c_str(), count(own["test"]).c_str());
    if (all["channels"].empty()) return;
    std::fprintf(out, "\n%-24s %10s %10s   of x/255, training\n", "channel", "mean", "deviation");
    for (const Json& channel : all["channels"])
        std::fprintf(out, "%-24s %10.4f %10.4f\n", channel["channel"].get<std::string>().c_str(),
                     channel["mean"].get<double>(), channel["deviation"].get<double>());
}

void run(const InfoFlags& flags) {
    const PrepareImagesParams augmentation = augmentation_of(flags);
    const std::string source = data_source(flags.folder, "DIR");
    const Set set(source, parse_labels(flags.labels));
    const Dataset& drawn = set.train.size() > 0 ? set.train : set.test;
    if (flags.sheet) check_output_flag("--sheet", *flags.sheet, files_of_set(drawn));
    const Json all = facts(set);
    std::FILE* const out = text_stream(flags.sheet);
    if (flags.sheet) {
        check_augmentation("--augment", augmentation, drawn.sample_shape()[2]);
        write_png(*flags.sheet, sample_sheet(drawn, {.augmentation = augmentation}));
    }
    if (!flags.json) return print(out, all);
    std::fprintf(out, "%s\n", all.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
}

}  // namespace

Run add_data_info_command(CLI::App& app) {
    const auto flags = std::make_shared<InfoFlags>();
    add_option(app, "DIR", flags->folder, "", kDataHelp);
    add_option(app, "--labels", flags->labels, "NAME", kLabelsHelp);
    add_option(app, "--sheet", flags->sheet, "FILE", "draw the first images of each class as a PNG");
    add_option(app, "--augment", flags->augment, "TEXT", std::string("as augmented: ") + kAugmentHelp);
    add_option(app, "--epoch", flags->epoch, "N", "of --augment (default 1)");
    add_option(app, "--seed", flags->seed, "N", "of --augment (default 0)");
    add_flag(app, "--json", flags->json, "one JSON object on standard output");
    add_footer(app,
               "Examples:\n  tern data info ~/datasets --sheet sheet.png\n  tern data info synthetic --json");
    return [flags] { run(*flags); };
}

}  // namespace tern::apps
