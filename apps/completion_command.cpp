// tern completion: scripts that make a shell complete commands, flags and their values, written from the
// flags as they are declared.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <sstream>

#include <CLI/CLI.hpp>

#include "tern/apps/command_list.hpp"
#include "tern/apps/options.hpp"

namespace tern::apps {
namespace {

std::vector<const CLI::App*> commands_below(const CLI::App& app) {
    std::vector<const CLI::App*> all;
    for (const CLI::App* command : commands_of(app)) {
        all.push_back(command);
        const std::vector<const CLI::App*> below = commands_below(*command);
        all.insert(all.end(), below.begin(), below.end());
    }
    return all;
}

// "a|b|N (default a)" -> a, b: words in capitals stand for others.
std::vector<std::string> choices_of(const CLI::Option& option) {
    std::string text = option.get_description();
    text = text.substr(0, text.find(" ("));
    std::vector<std::string> choices;
    std::size_t at = 0;
    while (at <= text.size()) {
        const std::size_t end = std::min(text.find_first_of("|,", at), text.size());
        const std::string word = text.substr(at, end - at);
        if (word.empty() || word.find(' ') != std::string::npos) return {};
        const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
        if (std::ranges::none_of(word, is_capital)) choices.push_back(word);
        at = end + (text.compare(end, 2, ", ") == 0 ? 2 : 1);
    }
    return choices.size() > 1 ? choices : std::vector<std::string>{};
}

struct FlagWords {
    std::string name;  // with its dashes
    std::string about;
    bool takes_value, takes_path;
    std::vector<std::string> choices;
};

std::vector<FlagWords> flags_of(const CLI::App& command) {
    std::vector<FlagWords> flags;
    for (const CLI::Option* option : command.get_options()) {
        if (option->get_lnames().empty()) continue;  // a positional one: files, as shells complete anyway
        const std::string type = option->get_type_name();
        flags.push_back({"--" + option->get_lnames().front(), option->get_description(),
                         option->get_items_expected_max() > 0, type == "FILE" || type == "DIR",
                         choices_of(*option)});
    }
    return flags;
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
    return text;
}

// The words that may follow a command: its flags, and the commands below it.
std::string words_after(const CLI::App& command) {
    std::vector<std::string> words;
    for (const CLI::App* below : commands_of(command)) words.push_back(below->get_name());
    for (const FlagWords& flag : flags_of(command)) words.push_back(flag.name);
    return joined(words);
}

std::string bash_script(const CLI::App& app) {
    std::ostringstream names, values, words;
    words << "        tern) words='" << words_after(app) << "' ;;\n";
    for (const CLI::App* command : commands_below(app)) {
        const std::string name = full_name(*command);
        names << (names.tellp() > 0 ? "|" : "") << '\'' << name << '\'';
        words << "        '" << name << "') words='" << words_after(*command) << "' ;;\n";
        for (const FlagWords& flag : flags_of(*command)) {
            if (!flag.takes_value || flag.takes_path) continue;
            values << "        '" << name << ' ' << flag.name << "') words='" << joined(flag.choices)
                   << "' only=1 ;;\n";
        }
    }
    return "# bash: source <(tern completion bash); zsh: autoload -U bashcompinit && bashcompinit before it\n"
           "_tern() {\n"
           "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
           "    local command=tern words='' only='' i\n"
           "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
           "        case \"$command ${COMP_WORDS[i]}\" in\n"
           "        " +
           names.str() +
           ") command+=\" ${COMP_WORDS[i]}\" ;;\n"
           "        esac\n"
           "    done\n"
           "    case \"$command $before\" in\n" +
           values.str() +
           "    esac\n"
           "    if [[ -z $only && ($word == -* || $command == tern || $command == 'tern data') ]]; then\n"
           "        case $command in\n" +
           words.str() +
           "        esac\n"
           "    fi\n"
           "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
           "}\n"
           "complete -o default -F _tern tern\n";
}

std::string quoted(std::string text) {
    for (std::size_t at = 0; (at = text.find_first_of("'\\", at)) != std::string::npos; at += 2)
        text.insert(at, 1, '\\');
    return '\'' + text + '\'';
}

std::string fish_script(const CLI::App& app) {
    const std::string kTop = "__fish_use_subcommand";
    std::ostringstream out;
    out << "# fish: tern completion fish | source\n";
    for (const CLI::App* command : commands_below(app)) {
        const std::string parent = command->get_parent()->get_parent() == nullptr
                                       ? kTop
                                       : "__fish_seen_subcommand_from " + command->get_parent()->get_name();
        out << "complete -c tern -n " << quoted(parent) << " -f -a " << command->get_name() << " -d "
            << quoted(command->get_description()) << '\n';
        // `info` is a command, and one of `data`.
        std::string seen = "__fish_seen_subcommand_from " + command->get_name();
        if (parent != kTop) seen += "; and " + parent;
        if (parent == kTop && command->get_name() == "info")
            seen += "; and not __fish_seen_subcommand_from data";
        for (const FlagWords& flag : flags_of(*command)) {
            out << "complete -c tern -n " << quoted(seen) << " -l " << flag.name.substr(2);
            if (flag.takes_value) out << (flag.takes_path ? " -r" : " -x");
            if (!flag.choices.empty()) out << " -a " << quoted(joined(flag.choices));
            out << " -d " << quoted(flag.about) << '\n';
        }
    }
    return out.str();
}

}  // namespace

Run add_completion_command(CLI::App& app) {
    const auto shell = std::make_shared<Flag>();
    add_option(app, "SHELL", *shell, "", "bash|zsh|fish");
    add_footer(app, "Examples:\n  tern completion fish | source\n  source <(tern completion bash)");
    return [shell, &app] {
        if (!*shell) usage_error("SHELL", "must be one of bash, zsh, fish");
        const std::string name = parse_choice("SHELL", **shell, {"bash", "zsh", "fish"});
        const CLI::App& root = *app.get_parent();
        std::fputs((name == "fish" ? fish_script(root) : bash_script(root)).c_str(), stdout);
    };
}

}  // namespace tern::apps
