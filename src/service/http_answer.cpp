#include "service/http_answer.hpp"

#include <httplib.h>

#include <braggd/error.hpp>

#include "pipeline/problem.hpp"

namespace braggd {

using nlohmann::ordered_json;

namespace {

std::string dumped(const ordered_json& json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

const char* title_of(int status) {
  switch (status) {
    case 400:
      return "Bad request";
    case 401:
      return "No token";
    case 403:
      return "Forbidden";
    case 404:
      return "Not found";
    case 405:
      return "Method not allowed";
    case 409:
      return "Not in this state";
    case 413:
      return "Too large";
    case 422:
      return "Configuration not in order";
    case 503:
      return "Busy";
    default:
      return status < 500 ? "Request not in order" : "Internal error";
  }
}

ordered_json problems_json(const ConfigProblems& problems) {
  ordered_json list = ordered_json::array();
  for (const Problem& problem : problems.problems()) {
    list.push_back({{"file", problem.file},
                    {"line", problem.line},
                    {"column", problem.column},
                    {"key", problem.key},
                    {"text", problem.text},
                    {"suggestion", problem.suggestion}});
  }
  return {{"problems", std::move(list)}};
}

}  // namespace

void answer_json(httplib::Response& response, const ordered_json& json, int status) {
  response.status = status;
  response.set_header("Cache-Control", "no-store");
  response.set_content(dumped(json) + "\n", "application/json");
}

void answer_problem(httplib::Response& response, int status, const std::string& detail,
                    const ordered_json& more) {
  ordered_json problem{
      {"type", "about:blank"}, {"title", title_of(status)}, {"status", status}, {"detail", detail}};
  problem.update(more);
  response.status = status;
  response.set_header("Cache-Control", "no-store");
  response.set_content(dumped(problem) + "\n", "application/problem+json");
}

void answer_exception(httplib::Response& response) {
  try {
    throw;
  } catch (const ConfigProblems& problems) {
    answer_problem(response, 422, problems.what(), problems_json(problems));
  } catch (const ConfigError& error) {
    answer_problem(response, 422, error.what(), {{"problems", ordered_json::array()}});
  } catch (const InputError& error) {
    answer_problem(response, 409, error.what());
  } catch (const std::exception& error) {
    answer_problem(response, 500, error.what());
  }
}

}  // namespace braggd
