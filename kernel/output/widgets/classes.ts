/** The core widgets, as ipywidgets 8 has them: what a class is shown by, and which keys of its state pass. */

const common = 'tabbable tooltip layout description style disabled _dom_classes _view_count';
const number = 'value min max step continuous_update';
const slider = `${number} orientation readout readout_format behavior`;
const choice = 'index _options_labels';
const text = 'value placeholder continuous_update';
const tags = 'value placeholder allow_duplicates allowed_tags tag_style';
const box = 'children box_style';
const font =
  'background description_width font_family font_size font_style font_variant font_weight text_color';

const controls: Readonly<Record<string, string>> = {
  Accordion: `${box} titles _titles selected_index`,
  Audio: 'value format autoplay controls loop',
  BoundedFloatText: number,
  BoundedIntText: number,
  Box: box,
  Button: 'icon button_style',
  ButtonStyle: `${font} button_color text_decoration`,
  Checkbox: 'value indent',
  CheckboxStyle: font,
  ColorPicker: 'value concise',
  ColorsInput: tags,
  Combobox: `${text} options ensure_option`,
  DatePicker: 'value min max step',
  Datetime: 'value min max',
  DescriptionStyle: font,
  DirectionalLink: 'source target',
  Dropdown: choice,
  FileUpload: 'value accept multiple error icon button_style',
  FloatLogSlider: `${slider} base`,
  FloatProgress: 'value min max orientation bar_style',
  FloatRangeSlider: slider,
  FloatSlider: slider,
  FloatText: number,
  FloatsInput: `${tags} min max format`,
  GridBox: box,
  HBox: box,
  HTML: 'value placeholder',
  HTMLMath: 'value placeholder',
  HTMLMathStyle: font,
  HTMLStyle: font,
  Image: 'value format width height',
  IntProgress: 'value min max orientation bar_style',
  IntRangeSlider: slider,
  IntSlider: slider,
  IntText: number,
  IntsInput: `${tags} min max format`,
  Label: 'value placeholder',
  LabelStyle: font,
  Link: 'source target',
  NaiveDatetime: 'value min max',
  Password: text,
  Play: `${number} interval playing _playing repeat _repeat show_repeat`,
  ProgressStyle: `${font} bar_color`,
  RadioButtons: `${choice} orientation`,
  Select: `${choice} rows`,
  SelectMultiple: `${choice} rows`,
  SelectionRangeSlider: `${choice} ${slider}`,
  SelectionSlider: `${choice} ${slider}`,
  SliderStyle: `${font} handle_color`,
  Stack: `${box} titles selected_index`,
  StringStyle: font,
  Tab: `${box} titles _titles selected_index`,
  TagsInput: tags,
  Text: text,
  TextStyle: font,
  Textarea: `${text} rows`,
  Time: 'value min max step',
  ToggleButton: 'value icon button_style',
  ToggleButtonStyle: font,
  ToggleButtons: `${choice} tooltips icons button_style`,
  ToggleButtonsStyle: `${font} button_width`,
  VBox: box,
  Valid: 'value readout',
  Video: 'value format width height autoplay controls loop',
};

const base: Readonly<Record<string, string>> = {
  Layout:
    'align_content align_items align_self border border_bottom border_left border_right border_top bottom display ' +
    'flex flex_flow grid_area grid_auto_columns grid_auto_flow grid_auto_rows grid_column grid_gap grid_row ' +
    'grid_template_areas grid_template_columns grid_template_rows height justify_content justify_items left margin ' +
    'max_height max_width min_height min_width object_fit object_position order overflow padding right top ' +
    'visibility width',
  Style: '',
};

const modules: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '@jupyter-widgets/base': base,
  '@jupyter-widgets/controls': controls,
  '@jupyter-widgets/output': { Output: 'msg_id outputs' },
};

/** Classes whose view has another name than their own. */
const views: Readonly<Record<string, string>> = {
  BoundedFloatText: 'FloatTextView',
  BoundedIntText: 'IntTextView',
  FloatProgress: 'ProgressView',
  IntProgress: 'ProgressView',
  NaiveDatetime: 'DatetimeView',
};

/** A class of the core widgets. */
export interface WidgetClass {
  /** Without `Model`. */
  readonly name: string;
  readonly module: string;
  readonly view: string;
  readonly viewModule: string;
  readonly keys: ReadonlySet<string>;
}

/** The class that a widget's state names; undefined for every other, whose code we do not know. */
export function widgetClass(module: unknown, model: unknown): WidgetClass | undefined {
  if (typeof module !== 'string' || typeof model !== 'string' || !model.endsWith('Model')) return undefined;
  const name = model.slice(0, -'Model'.length);
  const known = Object.hasOwn(modules, module) ? modules[module] : undefined;
  const keys = known !== undefined && Object.hasOwn(known, name) ? known[name] : undefined;
  if (keys === undefined) return undefined;
  const isStyle = name.endsWith('Style');
  const own = name === 'Layout' || isStyle ? keys : `${common} ${keys}`;
  return {
    ...{ name, module, view: views[name] ?? (isStyle ? 'StyleView' : `${name}View`) },
    viewModule: isStyle ? '@jupyter-widgets/base' : module,
    keys: new Set(own.split(' ')),
  };
}
