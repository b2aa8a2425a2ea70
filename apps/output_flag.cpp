#include "tern/apps/output_flag.hpp"

#include "tern/core/files/output.hpp"
#include "tern/data/dataset_format.hpp"

namespace tern::apps {

namespace fs = std::filesystem;

void check_output_flag(std::string_view flag, const std::string& file, const std::vector<fs::path>& read) {
    if (file.empty()) usage_error(flag, "must name the file to write, got an empty name");
    for (const fs::path& input : read) {
        std::error_code error;
        if (fs::equivalent(file, input, error))
            usage_error(flag, "would replace ", input.string(), ", which is read, got ", file);
    }
    check_output(file);
}

std::vector<fs::path> files_of_set(const Dataset& data) {
    const fs::path folder = data.source;
    std::vector<fs::path> files;
    for (const DatasetFormat& format : dataset_formats())
        for (const std::string& name : format.file_names()) files.push_back(folder / name);
    return files;
}

std::FILE* text_stream(const Flag& output) { return output && is_standard_output(*output) ? stderr : stdout; }

}  // namespace tern::apps
