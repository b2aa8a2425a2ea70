#include "tern/apps/report/command.hpp"

#include "tern/apps/report/report.hpp"

namespace tern::apps::report {
namespace {

// As a word of a POSIX shell.
std::string shell_word(const std::string& text) {
    const char* const kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
    if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
    std::string quoted = "'";
    for (const char c : text) {
        if (c == '\'')
            quoted += "'\\''";
        else
            quoted += c;
    }
    return quoted + '\'';
}

}  // namespace

std::vector<std::string> train_command(const ConfigValues& config, std::size_t ranks) {
    std::vector<std::string> pieces{ranks > 1 ? to_text("mpirun -n ", ranks, " tern train") : "tern train"};
    for (const Setting& setting : train_settings()) {
        const auto value = config.find(setting.name);
        // All that a preset set stands among the others.
        if (value == config.end() || setting.name == "preset") continue;
        if (setting.kind != SettingKind::boolean)
            pieces.push_back(to_text(flag_of(setting.name), ' ', shell_word(value->second)));
        else if (value->second == "true")
            pieces.push_back(flag_of(setting.name));
    }
    return pieces;
}

Html command_part(const Run& run) {
    Html part;
    const std::size_t ranks = run.times ? run.times->ranks.size() : 1;
    part << "<h3>The command that makes this run again</h3>\n<pre tabindex=\"0\"><code>";
    for (const std::string& piece : train_command(run.config, ranks))
        part << "<span class=\"flag\">" << piece << "</span> ";
    part << "</code></pre>\n";
    return part;
}

}  // namespace tern::apps::report
