#include <cstdio>

#include "tern/apps/commands.hpp"
#include "tern/apps/console.hpp"
#include "tern/apps/flags.hpp"
#include "tern/apps/options.hpp"
#include "tern/apps/terminal_line.hpp"
#include "tern/data/image_folder.hpp"
#include "tern/data/new_folder.hpp"
#include "tern/data/safetensors_set.hpp"

namespace tern::apps {
namespace {

struct ImportFlags {
    Flag folder, output, size, test_fraction, seed, duplicates, unreadable;
};

ImageFolderOptions options_of(const ImportFlags& flags) {
    ImageFolderOptions options;
    if (flags.size) options.size = parse_integer("--size", *flags.size, 1, ImageFolderOptions::kMostSize);
    if (flags.test_fraction)
        options.test_fraction = parse_number("--test-fraction", *flags.test_fraction,
                                             {.low = 0, .low_included = false, .below = 1});
    if (flags.seed) options.seed = static_cast<std::uint64_t>(parse_integer("--seed", *flags.seed, 0));
    options.keep_duplicates =
        parse_choice("--duplicates", flags.duplicates.value_or("skip"), {"skip", "keep"}) == "keep";
    return options;
}

ImageFolder read(const std::string& folder, const ImageFolderOptions& options) {
    TerminalLine line;
    return read_image_folder(folder, options, [&](std::int64_t done, std::int64_t total) {
        if (line.due()) line.show(to_text(format_count(done), " of ", format_count(total), " files read"));
    });
}

void print(const ImageFolder& images, const ImportFlags& flags) {
    const auto count = [](auto number) { return format_count(static_cast<long long>(number)); };
    std::printf("%s: %s training and %s test samples of %s classes\n", one_line(*flags.output).c_str(),
                count(images.train.size()).c_str(), count(images.test.size()).c_str(),
                count(images.train.class_count()).c_str());
    for (const std::string& note : images.notes) std::printf("note: %s\n", one_line(note).c_str());
    if (images.has_splits && flags.test_fraction)
        std::printf("note: --test-fraction changed nothing, since the folders say what the tests are\n");
    for (const std::string& name : images.empty_classes)
        std::printf("no class: %s has no image of its own\n", one_line(name).c_str());
    for (const ImageFolder::Duplicate& duplicate : images.duplicates)
        std::printf("duplicate: %s shows the pixels of %s\n", one_line(duplicate.file).c_str(),
                    one_line(duplicate.first).c_str());
    if (!images.duplicates.empty())
        std::printf("%s duplicates were %s\n", count(images.duplicates.size()).c_str(),
                    flags.duplicates == "keep" ? "kept" : "left out");
    if (images.other_files > 0)
        std::printf("files that are not images, skipped: %s\n", count(images.other_files).c_str());
    std::fflush(stdout);
    for (const std::string& failure : images.failures) warn(failure);
}

// The set is made of the others, as rows are printed of the others by tern predict.
void tell_unreadable(const ImageFolder& images, const std::string& folder, bool skip) {
    if (images.failures.empty()) return;
    const auto failed = static_cast<long long>(images.failures.size());
    const Error error(folder, to_text(format_count(failed), " of ", format_count(failed + images.read),
                                      " images could not be read and were left out",
                                      skip ? "" : "; --unreadable skip makes that no failure"));
    if (!skip) throw error;
    warn(error.what());
}

void run(const ImportFlags& flags) {
    if (!flags.folder || flags.folder->empty())
        usage_error("FOLDER", "must name a folder with one folder per class");
    if (!flags.output || flags.output->empty()) usage_error("--output", "must name the folder to make");
    const ImageFolderOptions options = options_of(flags);
    const bool skip =
        parse_choice("--unreadable", flags.unreadable.value_or("fail"), {"fail", "skip"}) == "skip";
    check_vacant(*flags.output);
    const ImageFolder images = read(*flags.folder, options);
    write_safetensors_set(*flags.output, images.train, images.test);
    print(images, flags);
    tell_unreadable(images, *flags.folder, skip);
}

}  // namespace

Run add_data_import_command(CLI::App& app) {
    const auto flags = std::make_shared<ImportFlags>();
    add_option(app, "FOLDER", flags->folder, "", "folder with one folder of images for each class");
    add_option(app, "--output", flags->output, "DIR", "folder to make; may exist if it is empty");
    add_option(app, "--size", flags->size, "N", "height and width of the samples, 1 to 8192 (default 32)");
    add_option(app, "--test-fraction", flags->test_fraction, "X",
               "share of each class for tests (default 0.2)");
    add_option(app, "--seed", flags->seed, "N", "of which samples are tests, and of the order (default 0)");
    add_option(app, "--duplicates", flags->duplicates, "NAME",
               "skip|keep (images that the set has already; default skip)");
    add_option(app, "--unreadable", flags->unreadable, "NAME",
               "fail|skip (exit status where images cannot be read; default fail)");
    add_footer(app, "Examples:\n  tern data import photos --output set --size 48 --test-fraction 0.1");
    return [flags] { run(*flags); };
}

}  // namespace tern::apps
