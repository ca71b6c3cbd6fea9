//! A small worker in each language that has an SDK, with the address of this server.

/// The languages, in the order of [`code`].
pub const LANGUAGES: [&str; 5] = ["Python", "JavaScript", ".NET", "Java", "Go"];

const PYTHON: &str = r#"# pip install durabletask
from durabletask import worker

def hello(ctx, name):
    return f"Hello {name}!"

with worker.TaskHubGrpcWorker(host_address="ADDRESS") as w:
    w.add_orchestrator(hello)
    w.start()
    input("Press Enter to stop\n")"#;

const PYTHON_OF_HUB: &str = r#"# pip install durabletask.azuremanaged
from durabletask.azuremanaged.worker import DurableTaskSchedulerWorker

def hello(ctx, name):
    return f"Hello {name}!"

with DurableTaskSchedulerWorker(host_address="ADDRESS", taskhub="HUB",
                                token_credential=None, secure_channel=False) as w:
    w.add_orchestrator(hello)
    w.start()
    input("Press Enter to stop\n")"#;

const JAVASCRIPT: &str = r#"// npm install @microsoft/durabletask-js
const { TaskHubGrpcWorker } = require("@microsoft/durabletask-js");

const worker = new TaskHubGrpcWorker({ hostAddress: "ADDRESS" });
worker.addNamedOrchestrator("hello", async function* (ctx, name) {
  return `Hello ${name}!`;
});
worker.start();"#;

const DOTNET: &str = r#"// dotnet add package Microsoft.DurableTask.Worker.Grpc
using Microsoft.DurableTask;
using Microsoft.DurableTask.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

var builder = Host.CreateApplicationBuilder();
builder.Services.AddDurableTaskWorker(worker =>
{
    worker.UseGrpc("http://ADDRESS");
    worker.AddTasks(tasks => tasks.AddOrchestratorFunc<string, string>(
        "hello", (ctx, name) => Task.FromResult($"Hello {name}!")));
});
builder.Build().Run();"#;

const JAVA: &str = r#"// com.microsoft:durabletask-client
var channel = Grpc.newChannelBuilder("ADDRESS", InsecureChannelCredentials.create()).build();
new DurableTaskGrpcWorkerBuilder()
    .grpcChannel(channel)
    .addOrchestration(new TaskOrchestrationFactory() {
        public String getName() { return "hello"; }
        public TaskOrchestration create() {
            return ctx -> ctx.complete("Hello " + ctx.getInput(String.class) + "!");
        }
    })
    .build()
    .startAndBlock();"#;

const GO: &str = r#"// go get github.com/microsoft/durabletask-go
conn, err := grpc.NewClient("ADDRESS", grpc.WithTransportCredentials(insecure.NewCredentials()))
if err != nil {
	log.Fatal(err)
}
r := task.NewTaskRegistry()
r.AddOrchestratorN("hello", func(ctx *task.OrchestrationContext) (any, error) {
	var name string
	err := ctx.GetInput(&name)
	return "Hello " + name + "!", err
})
worker := client.NewTaskHubGrpcClient(conn, backend.DefaultLogger())
if err := worker.StartWorkItemListener(context.Background(), r); err != nil {
	log.Fatal(err)
}
select {}"#;

/// A worker in one of the languages. A hub that is not the default one is named in each call.
pub fn code(language: usize, address: &str, hub: &str, is_default: bool) -> String {
    let address = address.strip_prefix("http://").unwrap_or(address);
    let (code, comment) = match language {
        0 if !is_default => (PYTHON_OF_HUB, "#"),
        0 => (PYTHON, "#"),
        1 => (JAVASCRIPT, "//"),
        2 => (DOTNET, "//"),
        3 => (JAVA, "//"),
        _ => (GO, "//"),
    };
    let code = code.replace("ADDRESS", address).replace("HUB", hub);
    if is_default || language == 0 {
        return code;
    }
    format!("{comment} gRPC metadata of every call: taskhub = {hub}\n{code}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_has_the_address_and_the_hub() {
        for language in 0..LANGUAGES.len() {
            let own = code(language, "http://127.0.0.1:4001", "Other", false);
            assert!(own.contains("127.0.0.1:4001") && own.contains("Other"), "{own}");
            let usual = code(language, "http://127.0.0.1:4001", "Main", true);
            assert!(!usual.contains("ADDRESS") && !usual.contains("Main"), "{usual}");
        }
    }
}
