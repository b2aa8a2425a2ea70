#include <cstdio>

#include "tern/apps/commands.hpp"
#include "tern/apps/console.hpp"
#include "tern/apps/flags.hpp"
#include "tern/apps/options.hpp"
#include "tern/data/cifar10.hpp"
#include "tern/data/new_folder.hpp"
#include "tern/data/synthetic.hpp"

namespace tern::apps {
namespace {

struct SynthesizeFlags {
    Flag folder, train_samples, test_samples, classes, seed;
};

SyntheticOptions options_of(const SynthesizeFlags& flags) {
    constexpr std::int64_t kMost = 1'000'000;  // 3 GB in memory
    SyntheticOptions options;
    if (flags.train_samples)
        options.train_samples = parse_integer("--train-samples", *flags.train_samples, 5, kMost);
    if (flags.test_samples)
        options.test_samples = parse_integer("--test-samples", *flags.test_samples, 1, kMost);
    if (flags.classes) options.classes = parse_integer("--classes", *flags.classes, 1, 256);
    if (flags.seed) options.seed = static_cast<std::uint64_t>(parse_integer("--seed", *flags.seed, 0));
    return options;
}

void run(const SynthesizeFlags& flags) {
    if (!flags.folder || flags.folder->empty()) usage_error("DIR", "must name the folder to make");
    const SyntheticOptions options = options_of(flags);
    check_vacant(*flags.folder);
    const Dataset train = make_synthetic(options, Split::train), test = make_synthetic(options, Split::test);
    write_cifar10(*flags.folder, train, test);
    std::printf("%s: %s training and %s test samples of %s classes\n", one_line(*flags.folder).c_str(),
                format_count(train.size()).c_str(), format_count(test.size()).c_str(),
                format_count(options.classes).c_str());
}

}  // namespace

Run add_data_synthesize_command(CLI::App& app) {
    const auto flags = std::make_shared<SynthesizeFlags>();
    add_option(app, "DIR", flags->folder, "", "folder to make; may exist if it is empty");
    add_option(app, "--train-samples,--train-records", flags->train_samples, "N", "(default 5000)");
    add_option(app, "--test-samples,--test-records", flags->test_samples, "N", "(default 1000)");
    add_option(app, "--classes", flags->classes, "N", "1 to 256 (default 10)");
    add_option(app, "--seed", flags->seed, "N", "of patterns, places and noise (default 0)");
    add_footer(app, "Examples:\n  tern data synthesize set --train-samples 500 --test-samples 100");
    return [flags] { run(*flags); };
}

}  // namespace tern::apps
