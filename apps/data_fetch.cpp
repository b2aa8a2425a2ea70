#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "tern/apps/commands.hpp"
#include "tern/apps/console.hpp"
#include "tern/apps/fetch/fetch.hpp"
#include "tern/apps/flags.hpp"
#include "tern/apps/options.hpp"
#include "tern/core/environment.hpp"
#include "tern/data/cifar10.hpp"

namespace tern::apps {
namespace {

namespace fs = std::filesystem;

struct FetchFlags {
    Flag folder, url, size, md5, patience;
};

// Where scripts/train looks, too.
fs::path default_folder() {
    // A relative one is to be ignored (XDG Base Directory Specification).
    if (const fs::path cache = environment("XDG_CACHE_HOME"); cache.is_absolute()) return cache / "tern";
    if (const fs::path home = environment("HOME"); !home.empty()) return home / ".cache" / "tern";
    usage_error("DIR", "must be given where neither XDG_CACHE_HOME nor HOME is set");
}

std::string parse_url(const std::string& url) {
    if (!url.starts_with("https://") && !url.starts_with("http://"))
        usage_error("--url", "must start with https:// or http://, got ", url);
    return url;
}

std::string parse_md5(std::string digits) {
    std::ranges::transform(digits, digits.begin(),
                           [](char c) { return c >= 'A' && c <= 'F' ? c + ('a' - 'A') : c; });
    if (digits.size() != 32 || digits.find_first_not_of("0123456789abcdef") != std::string::npos)
        usage_error("--md5", "must be 32 hexadecimal digits, got ", digits);
    return digits;
}

Archive parse_archive(const FetchFlags& flags) {
    Archive archive = published_archive();
    if (flags.size.has_value() != flags.md5.has_value())
        usage_error(flags.size ? "--size" : "--md5", "goes together with ", flags.size ? "--md5" : "--size");
    if (flags.url) archive.url = parse_url(*flags.url);
    if (flags.size) archive.bytes = parse_integer("--size", *flags.size, 1);
    if (flags.md5) archive.md5 = parse_md5(*flags.md5);
    return archive;
}

std::string describe(const fs::path& set) {
    const Dataset train = read_dataset(set, Split::train), test = read_dataset(set, Split::test);
    return to_text(one_line(set.string()), ": ", format_count(train.size()), " training and ",
                   format_count(test.size()), " test samples of ", train.class_count(), " classes");
}

void run(const FetchFlags& flags) {
    const Archive archive = parse_archive(flags);
    const auto patience =
        static_cast<long>(flags.patience ? parse_integer("--patience", *flags.patience, 1, 86400) : 60);
    const fs::path folder = flags.folder ? fs::path(*flags.folder) : default_folder(),
                   set = folder / kSetFolder;
    std::error_code ignored;
    const bool there = fs::exists(fs::symlink_status(set, ignored));
    if (!there) {
        std::printf("%s (%s) to %s\n", one_line(archive.url).c_str(),
                    format_bytes(static_cast<double>(archive.bytes)).c_str(),
                    one_line(folder.string()).c_str());
        std::fflush(stdout);
        fetch_cifar10(archive, folder, patience);
    }
    std::printf("%s%s\n", there ? "Already there: " : "", describe(set).c_str());
}

}  // namespace

Run add_data_fetch_command(CLI::App& app) {
    const auto flags = std::make_shared<FetchFlags>();
    const auto add = [&](const char* name, Flag& flag, const char* type, const std::string& about) {
        add_option(app, name, flag, type, about);
    };
    add("DIR", flags->folder, "",
        "folder to put cifar-10-batches-bin into (default tern in XDG_CACHE_HOME, ~/.cache)");
    add("--url", flags->url, "URL", "the archive on another server");
    add("--size", flags->size, "N", "bytes of that archive, where it is another one than the published");
    add("--md5", flags->md5, "HEX", "its MD5");
    add("--patience", flags->patience, "SECONDS", "gives up when nothing comes for so long (default 60)");
    add_footer(app, "Examples:\n  tern data fetch\n  tern data fetch ~/datasets --patience 300");
    return [flags] { run(*flags); };
}

}  // namespace tern::apps
