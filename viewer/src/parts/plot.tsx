import { useEffect, useRef, useState } from "preact/hooks";

type Plotting = typeof import("@observablehq/plot");
type PlotOptions = NonNullable<Parameters<Plotting["plot"]>[0]>;

/**
 * A chart of Observable Plot, which is loaded after the first paint. It is drawn in a document of its own, so that the
 * style element that Plot makes never meets our policy; viewer/src/styles/plot.css says the same. `draw` gets the
 * width; `label` tells readers of the screen what it shows, and the page gives the figures as text beside it.
 */
export function Plot({
  draw,
  label,
  height,
}: {
  draw: (plot: Plotting, width: number) => PlotOptions;
  label: string;
  /** Room kept while it loads. */
  height: number;
}) {
  const holder = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = holder.current;
    if (!element) return;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.round(entry?.contentRect.width ?? 0)));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    let gone = false;
    if (width > 0)
      void import("@observablehq/plot").then((plot) => {
        if (gone || !holder.current) return;
        const chart = plot.plot({
          ...draw(plot, width),
          width,
          className: "plot",
          document: document.implementation.createHTMLDocument(""),
        });
        for (const style of chart.querySelectorAll("style")) style.remove();
        for (const part of chart.querySelectorAll("[aria-label]")) part.removeAttribute("aria-label");
        chart.setAttribute("role", "img");
        chart.setAttribute("aria-label", label);
        holder.current.replaceChildren(document.adoptNode(chart));
      });
    return () => {
      gone = true;
    };
  }, [draw, width, label]);
  return <div class="plot-holder" ref={holder} style={{ minHeight: `${height}px` }} />;
}
