#include "tern/apps/settings/rows.hpp"

#include <algorithm>
#include <filesystem>

namespace tern::apps {

Standard always(const char* text) {
    return [text] { return std::string(text); };
}

Flag absolute(const Flag& path) {
    if (!path) return {};
    return std::filesystem::absolute(*path).string();
}

Setting row(SettingKind kind, std::string name, std::string type, std::string help, Standard standard,
            Set set, Text text) {
    return {.name = std::move(name),
            .kind = kind,
            .type = std::move(type),
            .help = std::move(help),
            .standard = std::move(standard),
            .set = std::move(set),
            .text = std::move(text)};
}

Setting runtime(const char* name, Flag (*text)(const Runtime& runtime)) {
    const RuntimeFlags::Row& one =
        *std::ranges::find(RuntimeFlags::rows(), std::string_view(name), &RuntimeFlags::Row::name);
    const SettingKind kind = one.type == std::string_view("N") ? SettingKind::integer : SettingKind::text;
    return row(
        kind, name, one.type, one.help, {},
        [flag = one.flag](TrainSettings& s, const std::string& given) { s.runtime_flags.*flag = given; },
        [text](const TrainSettings& s) { return text(s.runtime); });
}

Setting changeable(Setting setting) {
    setting.may_change = true;
    return setting;
}

Setting and_then(Setting setting, Set more) {
    setting.set = [set = setting.set, more](TrainSettings& s, const std::string& text) {
        set(s, text);
        more(s, text);
    };
    return setting;
}

Setting where(Condition is, Setting setting) {
    setting.text = [is, text = setting.text](const TrainSettings& s) { return is(s) ? text(s) : Flag(); };
    return setting;
}

Setting only_where(Condition is, const char* rule, Setting setting) {
    setting.set = [=, name = setting.name, set = setting.set](TrainSettings& s, const std::string& text) {
        if (!is(s)) usage_error(flag_of(name), rule);
        set(s, text);
    };
    setting.applies = [is, more = setting.applies](const TrainSettings& s) {
        return is(s) && (!more || more(s));
    };
    return where(is, setting);
}

Setting only_for(Condition is, const char* flag, std::string (*value)(const TrainSettings& settings),
                 Setting setting) {
    setting.set = [=, name = setting.name, set = setting.set](TrainSettings& s, const std::string& text) {
        if (!is(s)) usage_error(flag_of(name), "has no meaning for ", flag, ' ', value(s));
        set(s, text);
    };
    setting.applies = [is, more = setting.applies](const TrainSettings& s) {
        return is(s) && (!more || more(s));
    };
    return where(is, setting);
}

bool counts_steps(const TrainSettings& settings) { return settings.plan.steps > 0; }
bool counts_epochs(const TrainSettings& settings) { return !counts_steps(settings); }

}  // namespace tern::apps
