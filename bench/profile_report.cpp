#include "tern/bench/profile_report.hpp"

#include <cstdio>

#include <nlohmann/json.hpp>

#include "tern/core/files/output.hpp"
#include "tern/core/threads/parallel.hpp"

namespace tern::bench {
namespace {

// Wide enough for the longest of each, so that no table is ragged.
struct Widths {
    int operation = 0, layer = 0;
};

Widths widths_of(const std::vector<ProfileRow>& rows) {
    Widths widths;
    for (const ProfileRow& row : rows) {
        widths.operation = std::max(widths.operation, static_cast<int>(row.operation.size()));
        widths.layer = std::max(widths.layer, static_cast<int>(row.layer.size()));
    }
    return widths;
}

void print_names(const Widths& widths, const char* operation, const char* layer, const char* implementation) {
    if (widths.operation > 0) std::printf("%-*s  ", widths.operation, operation);
    if (widths.layer > 0) std::printf("%-*s  ", widths.layer, layer);
    if (widths.operation > 0) std::printf("%-4s ", implementation);
}

// Nothing where nothing is counted.
void print_rate(double amount, double seconds, double peak) {
    if (amount > 0)
        std::printf(" %8.2f %5.1f%%", amount / seconds * 1e-9, 100 * amount / seconds / peak);
    else
        std::printf(" %8s %6s", "", "");
}

void print_row(const Widths& widths, const ProfileRow& row, double step_seconds, const Peaks& peaks) {
    print_names(widths, row.operation.c_str(), row.layer.c_str(), row.implementation.c_str());
    std::printf("%5d %9.3f %5.1f%%", row.calls, row.seconds * 1e3, 100 * row.seconds / step_seconds);
    print_rate(row.flops, row.seconds, peaks.flops);
    print_rate(row.bytes, row.seconds, peaks.bytes);
    if (row.repeated) {
        const auto [tern, onednn] = *row.repeated;
        std::printf(" %9.3f %9.3f %5.2f", tern * 1e3, onednn * 1e3, onednn / tern);
    }
    std::printf("\n");
}

void print_table(const StepProfile& profile, const ProfileSettings& settings, const Peaks& peaks,
                 ProfileBy by) {
    std::vector<ProfileRow> rows = profile.rows(by);
    ProfileRow total = profile.total();
    (by == ProfileBy::layer ? total.layer : total.operation) = "all operations";
    rows.push_back(std::move(total));
    const Widths widths = widths_of(rows);
    print_names(widths, "operation", "layer", "by");
    std::printf("%5s %9s %6s %8s %6s %8s %6s%s\n", "calls", "ms", "%step", "GFLOP/s", "%peak", "GB/s",
                "%copy", settings.onednn ? "  again ms oneDNN ms ratio" : "");
    for (const ProfileRow& row : rows) print_row(widths, row, profile.step_seconds(), peaks);
}

const char* what(const ProfileSettings& settings) {
    return settings.inference ? "one forward pass" : "one training step";
}

}  // namespace

void print_profile(const StepProfile& profile, const ProfileSettings& settings, const Peaks& peaks,
                   ProfileBy by) {
    std::printf("%s, %s of %lld images, float32, %d threads, medians of %d steps\n",
                std::string(settings.model->name).c_str(), what(settings),
                static_cast<long long>(settings.batch_size), num_threads(), settings.steps);
    std::printf("peak %.1f GFLOP/s, copy %.1f GB/s read and written\n\n", peaks.flops * 1e-9,
                peaks.bytes * 1e-9);
    print_table(profile, settings, peaks, by);
    const double step = profile.step_seconds(), operations = profile.total().seconds;
    std::printf("\n%s: %.3f ms, %.1f images/s; operations %.3f ms, in no operation %.3f ms (%.1f%%)\n",
                what(settings), step * 1e3, static_cast<double>(settings.batch_size) / step, operations * 1e3,
                (step - operations) * 1e3, 100 * (step - operations) / step);
}

void write_profile(const std::string& path, const StepProfile& profile, const ProfileSettings& settings,
                   const Peaks& peaks) {
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (const ProfileRow& row : profile.rows(ProfileBy::both)) {
        rows.push_back({{"operation", row.operation},
                        {"layer", row.layer},
                        {"implementation", row.implementation},
                        {"calls", row.calls},
                        {"seconds", row.seconds},
                        {"flops", row.flops},
                        {"bytes", row.bytes}});
        if (!row.repeated) continue;
        rows.back()["repeated_seconds"] = row.repeated->tern;
        rows.back()["onednn_seconds"] = row.repeated->onednn;
    }
    const ProfileRow total = profile.total();
    const double step = profile.step_seconds();
    const nlohmann::ordered_json object{
        {"model", settings.model->name},
        {"batch_size", settings.batch_size},
        {"threads", num_threads()},
        {"steps", settings.steps},
        {"inference", settings.inference},
        {"peak_flops", peaks.flops},
        {"copy_bytes", peaks.bytes},
        {"step_seconds", step},
        {"operation_seconds", total.seconds},
        {"images_per_second", static_cast<double>(settings.batch_size) / step},
        {"flops", total.flops},
        {"rows", std::move(rows)},
    };
    const std::string text = object.dump(1) + '\n';
    write_output(path, std::as_bytes(std::span(text)));
}

}  // namespace tern::bench
