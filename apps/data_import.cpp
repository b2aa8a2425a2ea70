#include <cstdio>

#include <CLI/CLI.hpp>

#include "tern/apps/commands.hpp"
#include "tern/apps/console.hpp"
#include "tern/apps/flags.hpp"
#include "tern/apps/terminal_line.hpp"
#include "tern/data/cifar10.hpp"
#include "tern/data/picture_folder.hpp"

namespace tern::apps {
namespace {

struct ImportFlags {
    Flag folder, output, test_fraction, seed, duplicates;
};

PictureFolderOptions options_of(const ImportFlags& flags) {
    PictureFolderOptions options;
    if (flags.test_fraction)
        options.test_fraction = parse_number("--test-fraction", *flags.test_fraction,
                                             {.low = 0, .low_included = false, .below = 1});
    if (flags.seed) options.seed = static_cast<std::uint64_t>(parse_integer("--seed", *flags.seed, 0));
    options.keep_duplicates =
        parse_choice("--duplicates", flags.duplicates.value_or("skip"), {"skip", "keep"}) == "keep";
    return options;
}

PictureFolder read(const std::string& folder, const PictureFolderOptions& options) {
    TerminalLine line;
    return read_picture_folder(folder, options, [&](std::int64_t done, std::int64_t total) {
        if (line.due()) line.show(to_text(format_count(done), " of ", format_count(total), " files read"));
    });
}

void print(const PictureFolder& pictures, const ImportFlags& flags) {
    std::printf("%s: %s training and %s test records of %s classes\n", one_line(*flags.output).c_str(),
                format_count(pictures.train.size()).c_str(), format_count(pictures.test.size()).c_str(),
                format_count(pictures.train.class_count()).c_str());
    if (pictures.moved_to_test > 0)
        std::printf("%s more went to the tests, so that the files come out even\n",
                    format_count(pictures.moved_to_test).c_str());
    for (const std::string& name : pictures.empty_classes)
        std::printf("no class: %s has no picture of its own\n", name.c_str());
    for (const PictureFolder::Duplicate& duplicate : pictures.duplicates)
        std::printf("duplicate: %s shows the pixels of %s\n", one_line(duplicate.file).c_str(),
                    one_line(duplicate.first).c_str());
    if (!pictures.duplicates.empty())
        std::printf("%s duplicates were %s\n",
                    format_count(static_cast<long long>(pictures.duplicates.size())).c_str(),
                    flags.duplicates == "keep" ? "kept" : "left out");
    std::fflush(stdout);
    for (const std::string& failure : pictures.failures)
        std::fprintf(stderr, "tern: %s\n", one_line(failure).c_str());
    if (!pictures.failures.empty())
        std::printf("%s files could not be read and were left out\n",
                    format_count(static_cast<long long>(pictures.failures.size())).c_str());
}

void run(const ImportFlags& flags) {
    if (!flags.folder || flags.folder->empty())
        usage_error("FOLDER", "must name a folder with one folder per class");
    if (!flags.output || flags.output->empty()) usage_error("--output", "must name the folder to make");
    const PictureFolderOptions options = options_of(flags);
    check_vacant(*flags.output);
    const PictureFolder pictures = read(*flags.folder, options);
    write_cifar10(*flags.output, pictures.train, pictures.test);
    print(pictures, flags);
}

}  // namespace

Run add_data_import_command(CLI::App& app) {
    const auto flags = std::make_shared<ImportFlags>();
    app.add_option("FOLDER", flags->folder, "folder with one folder of pictures for each class")
        ->type_name("");
    app.add_option("--output", flags->output, "folder to make; may be there if it is empty")
        ->type_name("DIR");
    app.add_option("--test-fraction", flags->test_fraction, "share of each class for tests (default 0.2)")
        ->type_name("X");
    app.add_option("--seed", flags->seed, "of which records are tests, and of the order (default 0)")
        ->type_name("N");
    app.add_option("--duplicates", flags->duplicates,
                   "skip|keep (pictures that are there already; default skip)")
        ->type_name("NAME");
    app.footer("Examples:\n  tern data import photos --output set --test-fraction 0.1");
    return [flags] { run(*flags); };
}

}  // namespace tern::apps
