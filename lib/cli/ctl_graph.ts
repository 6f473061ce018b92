/** The graph of the running system as text, for dot(1), and for mermaid. */
import type { GraphAnswer, Status } from "./ctl_render.ts";

/** What needs what, coloured by how it stands. */
export function renderGraph(graph: GraphAnswer, status: Status, format: "text" | "dot" | "mermaid"): string {
  switch (format) {
    case "text":
      return graph.services.map(({ name, dependencies }) => {
        const on = dependencies.map((edge) =>
          edge.kind === "need" ? edge.name : `${edge.name} (${edge.kind})`
        );
        return `${name}${on.length === 0 ? "" : ` -> ${on.join(", ")}`}`;
      }).join("\n");
    case "dot": {
      const nodes = status.services.map(({ name, phase }) => `  "${name}" [color=${colourOf(phase)}];`);
      const edges = graph.services.flatMap(({ name, dependencies }) =>
        dependencies.map((edge) =>
          `  "${name}" -> "${edge.name}"${
            edge.kind === "need" ? "" : ` [style=dashed, label="${edge.kind}"]`
          };`
        )
      );
      return ["digraph system {", "  rankdir=RL;", ...nodes, ...edges, "}"].join("\n");
    }
    case "mermaid": {
      // A name may be a word of mermaid's own, so that nodes have numbers.
      const numbers = new Map(graph.services.map(({ name }, index) => [name, `n${index}`]));
      const nodes = graph.services.map(({ name }) => `  ${numbers.get(name)}["${name}"]`);
      const edges = graph.services.flatMap(({ name, dependencies }) =>
        dependencies.map((edge) =>
          `  ${numbers.get(name)} ${edge.kind === "need" ? "-->" : `-. ${edge.kind} .->`} ${
            numbers.get(edge.name)
          }`
        )
      );
      const styles = status.services.map(({ name, phase }) =>
        `  style ${numbers.get(name)} stroke:${colourOf(phase)}`
      );
      return ["graph RL", ...nodes, ...edges, ...styles].join("\n");
    }
  }
}

function colourOf(phase: string): string {
  if (phase === "up") return "green";
  return phase === "down" ? "gray" : phase === "backoff" ? "red" : "orange";
}
