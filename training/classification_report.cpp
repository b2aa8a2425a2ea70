#include "tern/training/classification_report.hpp"

namespace tern {
namespace {

double quotient(std::int64_t part, std::int64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

ClassificationReport make_report(const Tensor& confusion) {
    TERN_CHECK(confusion.rank() == 2 && confusion.dim(0) == confusion.dim(1), "classification report",
               "a confusion matrix must be (K, K), got ", confusion);
    const std::int64_t classes = confusion.dim(0);
    const std::int64_t* counts = confusion.data<std::int64_t>();
    ClassificationReport report;
    std::int64_t all = 0, all_correct = 0, present = 0;
    for (std::int64_t k = 0; k < classes; ++k) {
        ClassScores scores;
        scores.correct = counts[k * classes + k];
        for (std::int64_t other = 0; other < classes; ++other) {
            scores.support += counts[k * classes + other];
            scores.predicted += counts[other * classes + k];
        }
        scores.precision = quotient(scores.correct, scores.predicted);
        scores.recall = quotient(scores.correct, scores.support);
        scores.f1 = quotient(2 * scores.correct, scores.predicted + scores.support);
        all += scores.support;
        all_correct += scores.correct;
        present += scores.absent() ? 0 : 1;
        report.precision += scores.precision;
        report.recall += scores.recall;
        report.f1 += scores.f1;
        report.classes.push_back(scores);
    }
    const auto mean_over = static_cast<double>(std::max<std::int64_t>(present, 1));
    report.precision /= mean_over;
    report.recall /= mean_over;
    report.f1 /= mean_over;
    report.accuracy = quotient(all_correct, all);
    return report;
}

}  // namespace tern
