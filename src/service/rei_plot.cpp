#include "service/rei_plot.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <vector>

namespace braggd {

namespace {

constexpr double width = 860, height = 480, left = 80, right = 24, top = 48, bottom = 64;
constexpr double band_sigmas = 4;

template <class... Args>
std::string format(const char* pattern, Args... args) {
  std::array<char, 512> text{};
  std::snprintf(text.data(), text.size(), pattern, args...);
  return text.data();
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

/// A step of 1, 2 or 5 times a power of ten that gives about `n` ticks.
double tick_step(double range, int n) {
  const double raw = range / n, power = std::pow(10, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (raw <= factor * power) return factor * power;
  }
  return 10 * power;
}

/// From numbers to places on the picture.
struct Axis {
  double low = 0, high = 1, begin = 0, end = 1;
  double at(double value) const { return begin + (value - low) / (high - low) * (end - begin); }
};

struct Plot {
  Axis x, y;
  bool by_load = false;
  std::span<const AnalysedScan> scans;
  double x_of(std::size_t i) const { return x.at(by_load ? *scans[i].load_mpa : static_cast<double>(i + 1)); }
};

Plot make_plot(std::span<const AnalysedScan> scans, const AnomalyBaseline& baseline) {
  Plot plot;
  plot.scans = scans;
  plot.by_load =
      std::ranges::all_of(scans, [](const AnalysedScan& scan) { return scan.load_mpa.has_value(); });
  double low = 1, high = static_cast<double>(std::max<std::size_t>(scans.size(), 1));
  if (plot.by_load && !scans.empty()) {
    const auto [first, last] =
        std::ranges::minmax_element(scans, {}, [](const AnalysedScan& scan) { return *scan.load_mpa; });
    low = *first->load_mpa;
    high = *last->load_mpa;
  }
  const double room = high > low ? 0.05 * (high - low) : 1;
  plot.x = {low - room, high + room, left, width - right};
  double most = std::isnan(baseline.rei_mean) ? 0 : baseline.rei_mean;
  for (const AnalysedScan& scan : scans) {
    const double rei = scan.score.counts.rei();
    if (!std::isnan(rei)) most = std::max(most, rei);
  }
  plot.y = {0, most > 0 ? 1.15 * most : 1, height - bottom, top};
  return plot;
}

std::string axes(const Plot& plot) {
  std::string out;
  const auto line = [&](double x1, double y1, double x2, double y2, const char* colour) {
    out += format("<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n", x1, y1, x2, y2,
                  colour);
  };
  const auto text = [&](double x, double y, const char* anchor, const std::string& words) {
    out += format("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor) + words + "</text>\n";
  };
  const double y_step = tick_step(plot.y.high, 6);
  for (int i = 0; i * y_step <= plot.y.high; ++i) {
    line(left, plot.y.at(i * y_step), width - right, plot.y.at(i * y_step), "#e0e0e0");
    text(left - 8, plot.y.at(i * y_step) + 5, "end", format("%g", i * y_step));
  }
  const double x_step = std::max(plot.by_load ? 0.0 : 1.0, tick_step(plot.x.high - plot.x.low, 8));
  for (double x = std::ceil(plot.x.low / x_step) * x_step; x <= plot.x.high; x += x_step) {
    line(plot.x.at(x), height - bottom, plot.x.at(x), height - bottom + 6, "#404040");
    text(plot.x.at(x), height - bottom + 22, "middle", format("%g", std::abs(x) < 1e-9 * x_step ? 0 : x));
  }
  line(left, height - bottom, width - right, height - bottom, "#404040");
  text((left + width - right) / 2, height - 16, "middle", plot.by_load ? "load (MPa)" : "scan");
  out += format(
      "<text transform=\"translate(22 %.1f) rotate(-90)\" text-anchor=\"middle\">rare event "
      "indicator</text>\n",
      (top + height - bottom) / 2);
  return out;
}

std::string band(const Plot& plot, const AnomalyBaseline& baseline, double n_patches) {
  if (std::isnan(baseline.rei_mean)) return {};
  const double counted =
      n_patches > 0 ? baseline.overdispersion * baseline.rei_mean * (1 - baseline.rei_mean) / n_patches : 0;
  const double sd = std::sqrt(baseline.rei_sd * baseline.rei_sd + counted);
  const double high = plot.y.at(std::min(plot.y.high, baseline.rei_mean + band_sigmas * sd));
  const double low = plot.y.at(std::max(0.0, baseline.rei_mean - band_sigmas * sd));
  return format(
             "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"#4878a8\" "
             "fill-opacity=\"0.18\">"
             "<title>baseline, 4 standard deviations</title></rect>\n",
             left, high, width - right - left, std::max(1.0, low - high)) +
         format("<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#4878a8\"/>\n", left,
                plot.y.at(baseline.rei_mean), width - right, plot.y.at(baseline.rei_mean));
}

std::string points(const Plot& plot, double overdispersion) {
  std::string out;
  for (std::size_t i = 0; i < plot.scans.size(); ++i) {
    const AnalysedScan& scan = plot.scans[i];
    const double rei = scan.score.counts.rei();
    if (std::isnan(rei)) continue;
    const double error = std::sqrt(overdispersion) * scan.score.counts.rei_error();
    const double x = plot.x_of(i), y = plot.y.at(rei);
    const bool changed = scan.score.decision == AnomalyDecision::changed;
    const char* colour = changed ? "#b03020" : "#204060";
    out += format("<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n", x,
                  plot.y.at(rei - error), x, plot.y.at(rei + error), colour);
    out += changed ? format("<path d=\"M%.1f %.1fl7 7l-7 7l-7 -7z\" fill=\"%s\">", x, y - 7, colour)
                   : format("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"5\" fill=\"%s\">", x, y, colour);
    out += "<title>" + escaped(scan.scan_id) + format(": REI %.4f, ", rei) +
           std::string(name_of(scan.score.decision)) + "</title>" + (changed ? "</path>\n" : "</circle>\n");
  }
  return out;
}

}  // namespace

std::string rei_plot_svg(std::span<const AnalysedScan> scans, const AnomalyBaseline& baseline) {
  const Plot plot = make_plot(scans, baseline);
  double n_patches = 0;
  for (const AnalysedScan& scan : scans) n_patches += static_cast<double>(scan.score.counts.n_patches);
  if (!scans.empty()) n_patches /= static_cast<double>(scans.size());
  return format(
             "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" font-family=\"sans-serif\" "
             "font-size=\"14\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
             width, height) +
         format("<text x=\"%.1f\" y=\"28\">", left) + "Scored against " + escaped(baseline.model_id) +
         "; band: the baseline; diamonds: changed</text>\n" + band(plot, baseline, n_patches) + axes(plot) +
         points(plot, baseline.overdispersion) + "</svg>\n";
}

}  // namespace braggd
