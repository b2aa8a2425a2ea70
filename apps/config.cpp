#include "tern/apps/config.hpp"

#include <filesystem>
#include <sstream>

#include <toml++/toml.h>

#include "tern/apps/console.hpp"

namespace tern::apps {
namespace {

// Lines "key = value" in the order of the flags. Numbers are written with as many digits as they need:
// toml++'s own 0.90000000000000002 is nobody's setting.
class TomlWriter {
  public:
    void text(const char* key, std::string_view value) {
        line(key) << toml::value<std::string>(value) << '\n';
    }
    void integer(const char* key, std::int64_t value) { line(key) << value << '\n'; }
    void boolean(const char* key, bool value) { line(key) << (value ? "true" : "false") << '\n'; }
    void number(const char* key, double value) { line(key) << toml_float(value) << '\n'; }
    void numbers(const char* key, double first, double second) {
        line(key) << '[' << toml_float(first) << ", " << toml_float(second) << "]\n";
    }
    std::string str() const { return out_.str(); }

  private:
    std::ostream& line(const char* key) { return out_ << key << " = "; }

    static std::string toml_float(double value) {
        std::string text = shortest(value);
        // TOML tells floats from integers by a point or an exponent.
        if (text.find_first_of(".e") == std::string::npos) text += ".0";
        return text;
    }

    std::ostringstream out_;
};

void write_optimizer(TomlWriter& out, const OptimizerSettings& optimizer) {
    out.text("optimizer", optimizer.name);
    out.number("lr", optimizer.learning_rate);
    if (optimizer.name == "sgd") {
        out.number("momentum", optimizer.momentum);
    } else {
        out.numbers("betas", optimizer.beta1, optimizer.beta2);
        out.number("epsilon", optimizer.epsilon);
    }
    out.number("weight_decay", optimizer.weight_decay);
}

void write_plan(TomlWriter& out, const TrainingPlan& plan) {
    plan.steps > 0 ? out.integer("steps", plan.steps) : out.integer("epochs", plan.epochs);
    out.integer("batch_size", plan.batch_size);
    out.integer("seed", static_cast<std::int64_t>(plan.seed));
    out.text("shuffle", plan.shuffle ? "on" : "off");
}

}  // namespace

std::string to_toml(const TrainSettings& settings) {
    const auto absolute = [](const std::string& path) { return std::filesystem::absolute(path).string(); };
    TomlWriter out;
    out.text("model", settings.model->name);
    out.text("data", settings.data == "synthetic" ? settings.data : absolute(settings.data));
    write_plan(out, settings.plan);
    out.text("augment", settings.augment);
    out.text("normalize", settings.normalize);
    write_optimizer(out, settings.optimizer);
    out.text("schedule", settings.schedule);
    out.number("label_smoothing", settings.plan.label_smoothing);
    out.text("running_statistics", settings.running_statistics);
    if (settings.init) out.text("init", absolute(*settings.init));
    if (settings.plan.save_every > 0) out.integer("save_every", settings.plan.save_every);
    out.integer("keep", settings.keep);
    out.text("device", settings.runtime.device.str());
    out.text("precision", name_of(settings.runtime.precision));
    out.text("kernels", settings.runtime.kernels.str());
    if (settings.runtime.tuning) out.text("tuning", absolute(*settings.runtime.tuning));
    out.integer("threads", settings.runtime.threads);
    out.boolean("log_steps", settings.log_steps);
    return out.str();
}

}  // namespace tern::apps
