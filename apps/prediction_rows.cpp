#include "tern/apps/prediction_rows.hpp"

#include <array>
#include <cstdio>
#include <span>

#include <nlohmann/json.hpp>

#include "tern/apps/console.hpp"
#include "tern/core/files/output.hpp"
#include "tern/training/results_csv.hpp"

namespace tern::apps {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json classes_json(const std::vector<Prediction>& classes) {
    Json all = Json::array();
    for (const Prediction& prediction : classes)
        all.push_back({{"class", prediction.name},
                       {"label", prediction.label},
                       {"probability", prediction.probability}});
    return all;
}

// A flush that fails has dropped its text: nothing more of use can come.
void flush_standard_output() {
    TERN_CHECK(std::fflush(stdout) == 0 && std::ferror(stdout) == 0, "standard output", "cannot be written");
}

class TableRows : public PredictionRows {
  public:
    explicit TableRows(std::size_t width) : width_(static_cast<int>(width)) {}

    void add(const std::string& file, const std::vector<Prediction>& classes) override {
        if (!std::exchange(begun_, true))
            std::printf("%-*s  %-16s %11s\n", width_, "image", "class", "probability");
        std::string name = one_line(file);
        for (const Prediction& prediction : classes) {
            std::printf("%-*s  %-16s %11.4f\n", width_, name.c_str(), one_line(prediction.name).c_str(),
                        prediction.probability);
            name.clear();
        }
    }
    void flush() override { flush_standard_output(); }

  private:
    int width_;
    bool begun_ = false;
};

// Texts on the disk, without a name: they come after those that must not wait for them.
class SpilledTexts {
  public:
    ~SpilledTexts() {
        if (file_ != nullptr) std::fclose(file_);
    }
    SpilledTexts() = default;
    SpilledTexts(const SpilledTexts&) = delete;
    SpilledTexts& operator=(const SpilledTexts&) = delete;

    void add(const std::string& text) {
        if (file_ == nullptr) file_ = std::tmpfile();
        TERN_CHECK(file_ != nullptr && std::fwrite(text.data(), 1, text.size(), file_) == text.size(),
                   kTemporaryFile, "cannot be written");
    }
    void print() {
        if (file_ == nullptr) return;
        TERN_CHECK(std::fflush(file_) == 0, kTemporaryFile, "cannot be written");
        std::rewind(file_);
        std::array<char, 1 << 14> piece{};
        while (const std::size_t bytes = std::fread(piece.data(), 1, piece.size(), file_))
            std::fwrite(piece.data(), 1, bytes, stdout);
        TERN_CHECK(std::ferror(file_) == 0, kTemporaryFile, "cannot be read");
    }

  private:
    static constexpr const char* kTemporaryFile = "temporary file";
    std::FILE* file_ = nullptr;
};

class JsonRows : public PredictionRows {
  public:
    explicit JsonRows(const std::string& model) { print(R"({"model":)" + text_of(model) + R"(,"images":[)"); }

    void add(const std::string& file, const std::vector<Prediction>& classes) override {
        print(std::exchange(comma_, ",") + text_of({{"file", file}, {"classes", classes_json(classes)}}));
    }
    void add_failure(const std::string&, const Error& failure) override {
        failures_.add(std::exchange(failure_comma_, ",") + text_of(failure.what()));
    }
    void flush() override { flush_standard_output(); }
    void finish() override {
        print(R"(],"failures":[)");
        failures_.print();
        print("]}\n");
        flush();
    }

  private:
    static void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

    std::string comma_, failure_comma_;
    SpilledTexts failures_;
};

class FileRows : public PredictionRows {
  public:
    explicit FileRows(const std::string& file) : file_(file) {}

    void flush() override {
        file_.write(std::as_bytes(std::span(text_)));
        text_.clear();
    }
    void finish() override {
        flush();
        file_.finish();
    }

  protected:
    std::string text_;  // since the last flush

  private:
    OutputStream file_;
};

class CsvRows : public FileRows {
  public:
    explicit CsvRows(const std::string& file) : FileRows(file) {
        text_ = "file,rank,class,label,probability\r\n";
    }

    void add(const std::string& file, const std::vector<Prediction>& classes) override {
        for (std::size_t i = 0; i < classes.size(); ++i)
            text_ += to_text(csv_field(file), ',', i + 1, ',', csv_field(classes[i].name), ',',
                             classes[i].label, ',', text_of(classes[i].probability), "\r\n");
    }
};

class JsonLineRows : public FileRows {
  public:
    using FileRows::FileRows;

    void add(const std::string& file, const std::vector<Prediction>& classes) override {
        text_ += text_of({{"file", file}, {"classes", classes_json(classes)}}) + '\n';
    }
    void add_failure(const std::string& name, const Error& failure) override {
        text_ += text_of({{"file", name}, {"failure", failure.what()}}) + '\n';
    }
};

}  // namespace

std::unique_ptr<PredictionRows> make_table_rows(std::size_t width) {
    return std::make_unique<TableRows>(width);
}

std::unique_ptr<PredictionRows> make_json_rows(const std::string& model) {
    return std::make_unique<JsonRows>(model);
}

bool is_prediction_file(const std::string& file) {
    return file.ends_with(".csv") || file.ends_with(".jsonl");
}

std::unique_ptr<PredictionRows> make_file_rows(const std::string& file) {
    if (file.ends_with(".csv")) return std::make_unique<CsvRows>(file);
    return std::make_unique<JsonLineRows>(file);
}

}  // namespace tern::apps
