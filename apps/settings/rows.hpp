// Kinds of rows, from which the tables of settings are made.
#pragma once

#include <string_view>
#include <utility>

#include "tern/apps/console.hpp"
#include "tern/apps/settings/settings.hpp"

namespace tern::apps {

using Names = std::vector<std::string_view>;
using Standard = std::function<std::string()>;
using Set = std::function<void(TrainSettings&, const std::string&)>;
using Text = std::function<Flag(const TrainSettings&)>;
using Condition = bool (*)(const TrainSettings& settings);

Standard always(const char* text);
/// Of a path; none stays none.
Flag absolute(const Flag& path);

Setting row(SettingKind kind, std::string name, std::string type, std::string help, Standard standard,
            Set set, Text text);

// `field` is [](auto& settings) -> auto& { return settings.FIELD; }.

template <class Field>
Setting choice(const std::string& name, const Names& names, const std::string& help, Standard standard,
               Field field) {
    return row(
        SettingKind::text, name, "NAME", join_choices(names) + help, std::move(standard),
        [=](TrainSettings& s, const std::string& text) {
            field(s) = parse_choice(flag_of(name), text, names);
        },
        [=](const TrainSettings& s) { return field(s); });
}

template <class Field>
Setting integer(const std::string& name, const std::string& help, std::int64_t least, Standard standard,
                Field field) {
    return row(
        SettingKind::integer, name, "N", help, std::move(standard),
        [=](TrainSettings& s, const std::string& text) {
            field(s) = parse_integer(flag_of(name), text, least);
        },
        [=](const TrainSettings& s) { return std::to_string(field(s)); });
}

template <class Field>
Setting number(const std::string& name, const std::string& help, const NumberRange& range, Field field,
               Standard standard = {}) {
    return row(
        SettingKind::number, name, "X", help, std::move(standard),
        [=](TrainSettings& s, const std::string& text) {
            field(s) = parse_number(flag_of(name), text, range);
        },
        [=](const TrainSettings& s) { return shortest(field(s)); });
}

template <class Field>
Setting boolean(const std::string& name, const std::string& help, Field field) {
    return row(
        SettingKind::boolean, name, "", help, {},
        [=](TrainSettings& s, const std::string& text) { field(s) = text == "true"; },
        [=](const TrainSettings& s) { return field(s) ? "true" : "false"; });
}

/// A flag of how and where operations run; `text` says what it came to.
Setting runtime(const char* name, Flag (*text)(const Runtime& runtime));

/// The same, which may change when a run is resumed.
Setting changeable(Setting setting);
/// `more` follows from the text that was taken.
Setting and_then(Setting setting, Set more);
/// Part of a run only where `is` holds of it.
Setting where(Condition is, Setting setting);
/// The same, and refused elsewhere with `rule`: "needs --validation, ...". Of a preset it is left out there.
Setting only_where(Condition is, const char* rule, Setting setting);
/// The same, and refused elsewhere: "has no meaning for --optimizer sgd", which is flag and value of what decides.
/// Of a preset it is left out there.
Setting only_for(Condition is, const char* flag, std::string (*value)(const TrainSettings& settings),
                 Setting setting);

bool counts_steps(const TrainSettings& settings);
bool counts_epochs(const TrainSettings& settings);

// The tables, in the order in which train_settings() has them.
std::vector<Setting> data_settings();
std::vector<Setting> optimizer_settings();
std::vector<Setting> schedule_settings();
std::vector<Setting> run_settings();

}  // namespace tern::apps
