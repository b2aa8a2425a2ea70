// Many threads that predict with one model, each for itself and through a queue that makes batches: serve WEIGHTS [REQUESTS]
#include <algorithm>
#include <atomic>
#include <bit>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tern/tern.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using Predict = std::function<tern::Tensor(const tern::Tensor& image)>;  // the probabilities, (1, K)

// Answers images one by one and computes them together: as many as wait, at most `most`, for the first of which the others are
// waited for until `limit` is over.
class Batcher {
  public:
    Batcher(const tern::Predictor& predictor, std::size_t most, std::chrono::microseconds limit)
        : predictor_(predictor), most_(most), limit_(limit), thread_([this] { work(); }) {}
    ~Batcher() {
        {
            const std::lock_guard lock(mutex_);
            ends_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }
    Batcher(const Batcher&) = delete;
    Batcher& operator=(const Batcher&) = delete;

    std::future<tern::Tensor> ask(const tern::Tensor& image) {
        std::promise<tern::Tensor> answer;
        std::future<tern::Tensor> result = answer.get_future();
        {
            const std::lock_guard lock(mutex_);
            images_.push_back(image);
            answers_.push_back(std::move(answer));
        }
        changed_.notify_all();
        return result;
    }

  private:
    void work() {
        std::unique_lock lock(mutex_);
        for (;;) {
            changed_.wait(lock, [this] { return ends_ || !images_.empty(); });
            if (images_.empty()) return;
            changed_.wait_for(lock, limit_, [this] { return ends_ || images_.size() >= most_; });
            const auto count = static_cast<std::ptrdiff_t>(std::min(images_.size(), most_));
            const tern::Tensors images(images_.begin(), images_.begin() + count);
            std::vector<std::promise<tern::Tensor>> answers(std::move_iterator(answers_.begin()),
                                                            std::move_iterator(answers_.begin() + count));
            images_.erase(images_.begin(), images_.begin() + count);
            answers_.erase(answers_.begin(), answers_.begin() + count);
            lock.unlock();
            answer(images, answers);
            lock.lock();
        }
    }

    void answer(const tern::Tensors& images, std::vector<std::promise<tern::Tensor>>& answers) const {
        try {
            const tern::Tensor all = predictor_.probabilities(images);
            for (std::size_t i = 0; i < answers.size(); ++i) {
                const auto row = static_cast<std::int64_t>(i);
                answers[i].set_value(all.slice(row, row + 1));
            }
        } catch (...) {  // of a whole batch, for which a server would ask again one by one
            for (std::promise<tern::Tensor>& each : answers) each.set_exception(std::current_exception());
        }
    }

    const tern::Predictor& predictor_;
    const std::size_t most_;
    const std::chrono::microseconds limit_;
    std::mutex mutex_;
    std::condition_variable changed_;
    tern::Tensors images_;
    std::vector<std::promise<tern::Tensor>> answers_;
    bool ends_ = false;
    std::thread thread_;
};

bool same_bits(const tern::Tensor& a, const tern::Tensor& b) {
    return std::ranges::equal(a.elements<float>(), b.elements<float>(), [](float x, float y) {
        return std::bit_cast<std::uint32_t>(x) == std::bit_cast<std::uint32_t>(y);
    });
}

struct Question {
    tern::Tensor image, answer;
};

// `clients` threads, each of which asks again when it is answered. Returns whether all answers are those expected.
bool measure(const char* way, std::size_t clients, std::size_t requests,
             const std::vector<Question>& questions, const Predict& predict) {
    std::vector<double> milliseconds(requests);
    std::atomic<std::size_t> next = 0, wrong = 0;
    const Clock::time_point start = Clock::now();
    std::vector<std::thread> threads;
    for (std::size_t client = 0; client < clients; ++client)
        threads.emplace_back([&] {
            const tern::SerialScope serial;  // a call's loops run on the client's own thread
            for (std::size_t i = next++; i < requests; i = next++) {
                const Question& question = questions[i % questions.size()];
                const Clock::time_point asked = Clock::now();
                const tern::Tensor answer = predict(question.image);
                milliseconds[i] = std::chrono::duration<double, std::milli>(Clock::now() - asked).count();
                if (!same_bits(answer, question.answer)) ++wrong;
            }
        });
    for (std::thread& thread : threads) thread.join();
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    std::ranges::sort(milliseconds);
    const auto percentile = [&](std::size_t percent) { return milliseconds[(requests - 1) * percent / 100]; };
    std::printf("%-8s %8zu %9.0f %8.2f %8.2f %8.2f%s\n", way, clients,
                static_cast<double>(requests) / seconds, percentile(50), percentile(90), percentile(99),
                wrong == 0 ? "" : "  other bits than alone");
    return wrong == 0;
}

std::vector<Question> make_questions(const tern::Predictor& predictor) {
    std::vector<Question> questions;
    const std::int64_t size = predictor.image_size();
    unsigned number = 1;
    for (int i = 0; i < 16; ++i) {
        const tern::Tensor image = tern::Tensor::empty({size, size, 3}, tern::DType::uint8);
        for (std::uint8_t& byte : image.elements<std::uint8_t>())
            byte = static_cast<std::uint8_t>((number = number * 1664525 + 1013904223) >> 24);
        questions.push_back({image, predictor.probabilities({image})});
    }
    return questions;
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc < 2 || argc > 3) return std::fputs("usage: serve WEIGHTS [REQUESTS]\n", stderr), 2;
    const std::size_t requests = argc == 3 ? std::stoul(argv[2]) : 1000;
    if (requests == 0) return std::fputs("serve: there must be at least 1 request\n", stderr), 2;
    const tern::Predictor predictor(tern::read_weights(argv[1]));
    const std::vector<Question> questions = make_questions(predictor);
    const auto alone = [&](const tern::Tensor& image) { return predictor.probabilities({image}); };
    bool equal = true;
    std::puts("way       clients  images/s   p50 ms   p90 ms   p99 ms");
    for (const std::size_t clients : {1, 2, 4, 16}) {
        equal &= measure("alone", clients, requests, questions, alone);
        for (const int limit : {0, 2}) {
            Batcher batcher(predictor, /*most=*/16, std::chrono::milliseconds(limit));
            const std::string way = "batch " + std::to_string(limit);
            equal &= measure(way.c_str(), clients, requests, questions,
                             [&](const tern::Tensor& image) { return batcher.ask(image).get(); });
        }
    }
    std::puts(equal ? "all answers have the bits of a call alone"
                    : "answers differ from those of a call alone");
    return equal ? 0 : 1;
} catch (const std::exception& error) {
    return std::fprintf(stderr, "serve: %s\n", error.what()), 1;
}
