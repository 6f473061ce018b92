/**
 * How the plot looks. The colours can be told apart by everybody who sees
 * any (the palette of Okabe and Ito), and each says nothing that shape does not
 * say as well. A card of its own lies below, so that the page around may be
 * light or dark; where the viewer asks for dark pictures, the card is dark.
 */
export const STYLE = `
text { font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2328; }
.card { fill: #ffffff; stroke: #d0d7de; }
.band { fill: #f4f6f8; }
.grid { stroke: #d8dee4; }
.title { font-size: 17px; font-weight: 600; }
.words { font-size: 12px; }
.muted, .sub, .tick { fill: #59636e; }
.sub, .tick { font-size: 11px; }
.bold { font-weight: 600; }
.alarm { fill: #a33c00; font-weight: 600; }
.wait { stroke: #8c959f; }
.start { fill: #0072b2; }
.critical { fill: #e69f00; }
.init { fill: #8c959f; }
.up { fill: #009e73; fill-opacity: 0.28; }
.done { fill: #009e73; }
.stopping { fill: #8c959f; fill-opacity: 0.5; }
.pause { stroke: #59636e; stroke-dasharray: 2 3; }
.failed { fill: url(#hatch); stroke: #d55e00; }
.hatch { stroke: #d55e00; stroke-width: 2.4; }
.ground { fill: #ffffff; }
.cross { fill: none; stroke: #a33c00; stroke-width: 2; }
.frame { fill: none; stroke: #1f2328; stroke-width: 1.4; }
.link { fill: none; stroke: #1f2328; stroke-width: 1.2; }
.tip { fill: #1f2328; }
.end { stroke: #1f2328; stroke-dasharray: 5 3; }
.hit { fill: #0072b2; fill-opacity: 0; }
.row:hover .hit { fill-opacity: 0.1; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .card { fill: #0d1117; stroke: #30363d; }
  .band { fill: #161b22; }
  .grid { stroke: #262c34; }
  .muted, .sub, .tick { fill: #9aa5b1; }
  .alarm { fill: #ff9a5c; }
  .start { fill: #3d9fdd; }
  .up { fill: #2fc79a; }
  .done { fill: #2fc79a; }
  .pause { stroke: #9aa5b1; }
  .failed, .hatch { stroke: #ff8a4c; }
  .ground { fill: #0d1117; }
  .cross { stroke: #ff9a5c; }
  .frame, .link, .end { stroke: #e6edf3; }
  .tip { fill: #e6edf3; }
}
`;
