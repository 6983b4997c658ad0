#include "service/http_api.hpp"

#include <charconv>
#include <cmath>
#include <httplib.h>
#include <spdlog/spdlog.h>

#include <braggd/error.hpp>

#include "core/text.hpp"
#include "learning/model_store.hpp"
#include "service/http_answer.hpp"
#include "service/http_guard.hpp"
#include "service/openapi.hpp"
#include "service/status_json.hpp"
#include "service/web_assets.hpp"

namespace braggd {

using nlohmann::ordered_json;

namespace {

constexpr int most_listeners = 20;
constexpr std::chrono::seconds comment_interval{5};

// A whole number among the query's parameters. Throws ConfigError.
std::uint64_t number_in(const httplib::Request& request, const char* key, std::uint64_t standard,
                        std::uint64_t least, std::uint64_t most) {
  if (!request.has_param(key)) return standard;
  const std::string text = request.get_param_value(key);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc{} && end == text.data() + text.size() && number >= least && number <= most)
    return number;
  throw std::invalid_argument(std::string(key) + " is a whole number from " + std::to_string(least) + " to " +
                              std::to_string(most));
}

ordered_json model_json(const ModelRecord& model) {
  return {{"model_id", model.id},
          {"name", model.name},
          {"task", model.task},
          {"state", name_of(model.status)},
          {"architecture", model.architecture},
          {"patch_px", model.patch_px},
          {"created", model.created},
          {"reason", model.reason}};
}

}  // namespace

HttpApi::HttpApi(Daemon& daemon, const Watchman& watchman, EventFeed& events)
    : daemon_(daemon), watchman_(watchman), events_(events), metrics_(daemon) {}

void HttpApi::add_routes(httplib::Server& server) {
  add_looks(server);
  add_orders(server);
  add_pages(server);
  server.set_exception_handler([](const Request&, Response& response, std::exception_ptr error) {
    try {
      std::rethrow_exception(std::move(error));
    } catch (const std::invalid_argument& wrong) {
      answer_problem(response, 400, wrong.what());
    } catch (...) {
      answer_exception(response);
    }
  });
  server.set_error_handler([](const Request& request, Response& response) {
    if (!response.body.empty()) return;
    const std::string what = printable(request.method + " " + request.path, 200);
    answer_problem(response, response.status,
                   response.status == 404   ? what + " is not there; /api/v1/openapi.json lists what is"
                   : response.status == 413 ? "the body is larger than 1 MiB"
                                            : what + ": the request is not in order");
  });
}

// ---- looks

void HttpApi::add_looks(httplib::Server& server) {
  server.Get("/api/v1/status", [this](const Request&, Response& response) {
    answer_json(response, status_json(daemon_, watchman_.rates()));
  });
  server.Get("/api/v1/events",
             [this](const Request& request, Response& response) { get_events(request, response); });
  server.Get("/api/v1/scans",
             [this](const Request& request, Response& response) { get_scans(request, response); });
  server.Get(R"(/api/v1/scans/(.+))",
             [this](const Request& request, Response& response) { get_scan(request, response); });
  server.Get("/api/v1/profile",
             [this](const Request&, Response& response) { answer_json(response, profile_json(daemon_)); });
  server.Get("/api/v1/preview.png",
             [this](const Request& request, Response& response) { get_preview(request, response); });
  server.Get("/api/v1/alarms", [this](const Request&, Response& response) {
    answer_json(response,
                {{"health", name_of(daemon_.alarms().health())}, {"alarms", alarms_json(daemon_.alarms())}});
  });
  server.Get("/api/v1/pipeline",
             [this](const Request&, Response& response) { answer_json(response, pipeline_json(daemon_)); });
  server.Get("/api/v1/models", [this](const Request&, Response& response) { get_models(response); });
  server.Post("/api/v1/pipeline/validate",
              [this](const Request& request, Response& response) { validate(request, response); });
}

void HttpApi::get_scans(const Request& request, Response& response) const {
  ordered_json list = ordered_json::array();
  for (auto& record : daemon_.history().latest(number_in(request, "limit", 100, 1, 100000))) {
    list.push_back(std::move(record));
  }
  answer_json(response, {{"scans", std::move(list)}});
}

void HttpApi::get_scan(const Request& request, Response& response) const {
  const std::string scan_id = request.matches[1];
  if (const auto record = daemon_.history().find(scan_id)) return answer_json(response, *record);
  answer_problem(response, 404, "no scan " + printable(scan_id, 200) + " is remembered");
}

void HttpApi::get_preview(const Request& request, Response& response) {
  const auto side = static_cast<std::uint32_t>(number_in(request, "size", 1024, 16, 4096));
  const bool with_peaks = number_in(request, "peaks", 1, 0, 1) == 1;
  const auto sample = daemon_.preview().latest();
  if (!sample) return answer_problem(response, 404, "no frame has been kept yet");
  const auto png = pictures_.picture_of(*sample, side, with_peaks);
  const FrameMeta& meta = sample->frame.meta;
  response.set_header("Cache-Control", "no-store");
  response.set_header("X-Braggd-Scan", safe_file_name(sample->header->scan_id));
  response.set_header("X-Braggd-Frame", std::to_string(meta.frame_number));
  if (std::isfinite(meta.omega_deg))
    response.set_header("X-Braggd-Omega-Deg", fmt::format("{:.4f}", meta.omega_deg));
  response.set_header("X-Braggd-Peaks", std::to_string(sample->peaks ? sample->peaks->peaks.size() : 0));
  response.set_content(reinterpret_cast<const char*>(png->data()), png->size(), "image/png");
}

void HttpApi::get_events(const Request& /*request*/, Response& response) {
  if (++listeners_ > most_listeners) {
    --listeners_;
    return answer_problem(response, 503, std::to_string(most_listeners) + " pages listen already");
  }
  response.set_header("X-Accel-Buffering", "no");
  response.set_chunked_content_provider(
      "text/event-stream",
      [this, place = events_.now()](std::size_t, httplib::DataSink& sink) mutable {
        std::string events;
        if (!events_.wait(place, comment_interval, events)) {
          sink.done();
          return true;
        }
        return sink.write(events.data(), events.size());
      },
      [this](bool) { --listeners_; });
}

void HttpApi::get_models(Response& response) const {
  ordered_json list = ordered_json::array();
  if (const auto& directory = daemon_.config().model_store; !directory.empty()) {
    for (const ModelRecord& model : ModelStore::open_existing(directory).models())
      list.push_back(model_json(model));
  }
  answer_json(response, {{"models", std::move(list)}});
}

void HttpApi::validate(const Request& request, Response& response) const {
  std::vector<Problem> problems;
  const auto file = daemon_.configurations().running().config.file;
  PipelineConfig config = parse_config(request.body, file, {}, problems);
  make_plan(std::move(config), std::move(problems));
  answer_json(response, {{"valid", true}, {"problems", ordered_json::array()}});
}

// ---- orders

bool HttpApi::may_change(const Request& request, Response& response) const {
  constexpr std::string_view scheme = "Bearer ";
  if (is_cross_site(request.get_header_value("Host"), request.get_header_value("Origin"),
                    request.get_header_value("Sec-Fetch-Site"))) {
    answer_problem(response, 403, "another site's page may change nothing here");
  } else if (token_.empty()) {
    answer_problem(response, 409,
                   "nothing can be changed over HTTP: the pipeline sets no service.token_file");
  } else if (const std::string given = request.get_header_value("Authorization");
             !given.starts_with(scheme)) {
    response.set_header("WWW-Authenticate", "Bearer");
    answer_problem(response, 401,
                   "this needs the header Authorization: Bearer TOKEN; the token is in service.token_file");
  } else if (!same_secret(given.substr(scheme.size()), token_)) {
    spdlog::warn("http: {} from {} with a wrong token", printable(request.path, 200), request.remote_addr);
    answer_problem(response, 403, "the token is not the one in service.token_file");
  } else {
    spdlog::info("http: {} from {}", printable(request.path, 200), request.remote_addr);
    return true;
  }
  return false;
}

void HttpApi::answer_verdict(const Verdict& verdict, Response& response) {
  if (!verdict.done) return answer_problem(response, 409, verdict.why_not);
  answer_json(response, {{"state", name_of(daemon_.state())}, {"ready", daemon_.ready()}}, 202);
}

void HttpApi::add_orders(httplib::Server& server) {
  const auto order = [&](const std::string& path, auto follow) {
    server.Post(path, [this, follow](const Request& request, Response& response) {
      if (may_change(request, response)) follow(request, response);
    });
  };
  order("/api/v1/start",
        [this](const Request&, Response& response) { answer_verdict(daemon_.start(), response); });
  order("/api/v1/stop",
        [this](const Request&, Response& response) { answer_verdict(daemon_.stop(), response); });
  order("/api/v1/abort",
        [this](const Request&, Response& response) { answer_verdict(daemon_.abort(), response); });
  order("/api/v1/pipeline/rollback",
        [this](const Request&, Response& response) { answer_verdict(daemon_.roll_back(), response); });
  order("/api/v1/pipeline/reload", [this](const Request&, Response& response) { reload(response); });
  order(R"(/api/v1/alarms/([^/]+)/clear)", [this](const Request& request, Response& response) {
    const std::string id = request.matches[1];
    if (!daemon_.alarms().clear(id))
      return answer_problem(response, 404, "no alarm " + printable(id, 64) + " is active");
    answer_json(response,
                {{"health", name_of(daemon_.alarms().health())}, {"alarms", alarms_json(daemon_.alarms())}});
  });
  order(R"(/api/v1/models/([^/]+)/promote)",
        [this](const Request& request, Response& response) { promote(request, response); });
}

void HttpApi::reload(Response& response) {
  const bool changed = daemon_.reload();
  answer_json(response,
              {{"changed", changed}, {"state", name_of(daemon_.state())}, {"ready", daemon_.ready()}}, 202);
}

void HttpApi::promote(const Request& request, Response& response) const {
  const auto& directory = daemon_.config().model_store;
  const std::string id = request.matches[1];
  if (directory.empty()) return answer_problem(response, 409, "the pipeline names no service.model_store");
  ModelStore store = ModelStore::open_existing(directory);
  if (!store.model(id))
    return answer_problem(response, 404, "no model " + printable(id, 200) + " is in the store");
  store.promote(id, "over HTTP");
  daemon_.take_active_models();
  answer_json(response, model_json(*store.model(id)));
}

// ---- pages

void HttpApi::add_pages(httplib::Server& server) {
  server.Get("/metrics", [this](const Request&, Response& response) {
    response.set_content(metrics_.text(), "text/plain; version=0.0.4; charset=utf-8");
  });
  server.Get("/api/v1/openapi.json", [](const Request&, Response& response) {
    response.set_content(openapi_json.data(), openapi_json.size(), "application/json");
  });
  const auto page = [](const Request& request, Response& response) {
    const auto asset = web_asset(request.path);
    if (!asset) {
      response.status = 404;
      return;
    }
    response.set_header("ETag", std::string(asset->etag));
    response.set_header("Cache-Control", "no-cache");
    if (request.get_header_value("If-None-Match") == asset->etag) {
      response.status = 304;
      return;
    }
    response.set_content(asset->content.data(), asset->content.size(), std::string(asset->content_type));
  };
  server.Get("/", page);
  server.Get(R"(/web/.*)", page);
}

}  // namespace braggd
